// @ts-check
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { blocksIn, blocksOf } from './doc-blocks.mjs';

describe('the blocks of a document', () => {
  it('have a heading, a language, their code and a line', () => {
    const text = '# Title #\n\n```sh\nnpm ci\n```\n\n## Part\n\n```JS title="x"\na();\n\nb();\n```\n';
    assert.deepEqual(blocksIn(text), [
      { heading: 'Title', language: 'sh', code: 'npm ci\n', line: 4 },
      { heading: 'Part', language: 'js', code: 'a();\n\nb();\n', line: 10 },
    ]);
  });

  it('end at their own fence, and hold no headings', () => {
    const text = '````md\n# no heading\n```js\n```\n````\n~~~\nx\n```\n~~~\n';
    assert.deepEqual(blocksIn(text), [
      { heading: '', language: 'md', code: '# no heading\n```js\n```\n', line: 2 },
      { heading: '', language: '', code: 'x\n```\n', line: 7 },
    ]);
  });

  it('lose the indentation of a list or a quotation', () => {
    const text = '- item\n\n  ```js\n  if (a) {\n    b();\n  }\n  ```\n> ```ts\n> c();\n> ```\n';
    assert.deepEqual(
      blocksIn(text).map(({ code }) => code),
      ['if (a) {\n  b();\n}\n', 'c();\n'],
    );
  });

  it('are not code spans, and may have CRLF', () => {
    assert.deepEqual(blocksIn('```span```\r\n```js\r\na();\r\n```\r\n'), [
      { heading: '', language: 'js', code: 'a();\n', line: 3 },
    ]);
  });

  it('are read from a file', () => {
    const blocks = blocksOf(new URL('../../README.md', import.meta.url));
    assert.ok(blocks.some(({ heading, language }) => heading === 'axios-policy' && language === 'ts'));
  });
});
