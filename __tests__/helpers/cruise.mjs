// Looks for broken rules of layers in several trees, in one process: loading dependency-cruiser takes longer than its
// work. `node cruise.mjs '[{ "config": file, "entry": path, "cwd": folder }, …]'` prints an array of violations for each.
import { cruise } from 'dependency-cruiser';
import extractOptions from 'dependency-cruiser/config-utl/extract-depcruise-options';
import extractTsConfig from 'dependency-cruiser/config-utl/extract-ts-config';

const found = [];
for (const { config, entry, cwd } of JSON.parse(process.argv[2])) {
  process.chdir(cwd);
  const options = await extractOptions(config);
  const tsConfig = extractTsConfig(options.tsConfig.fileName);
  const { output } = await cruise([entry], { ...options, outputType: 'json' }, undefined, { tsConfig });
  found.push(JSON.parse(output).summary.violations);
}
console.log(JSON.stringify(found));
