import { init } from 'echarts';

/** What echarts makes a picture of. */
export type ChartOption = Parameters<ReturnType<typeof init>['setOption']>[0];

/** Distinct in colour and in lightness, for readers who do not see all colours: Okabe and Ito's set. */
export const COLOURS = [
  '#000000',
  '#e69f00',
  '#56b4e9',
  '#cc79a7',
  '#d55e00',
  '#009e73',
  '#0072b2',
  '#f0e442',
];

/** Renders a chart as SVG, without a browser. The same option gives the same text. */
export function svg(option: ChartOption, width: number, height: number): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  const base = { animation: false, backgroundColor: '#fff', textStyle: { fontFamily: 'sans-serif' } };
  chart.setOption({ ...base, color: COLOURS, ...option });
  const text = chart.renderToSVGString();
  chart.dispose();
  return withoutInteraction(text);
}

/** Leaves out what only a page with a script needs: classes, events and styles of the pointer. A third of the bytes. */
function withoutInteraction(text: string): string {
  return text
    .replace(/ (?:class|pointer-events|ecmeta_\w+|xml:space)="[^"]*"/g, '')
    .replace(/<style ><!\[CDATA\[[\s\S]*?<\/style>\n?/, '');
}
