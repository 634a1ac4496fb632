// @ts-check
import { readFileSync } from 'node:fs';

/**
 * @typedef {object} Block A fenced code block of a document.
 * @property {string} heading Text of the nearest heading above it; empty if there is none.
 * @property {string} language First word after the fence, in lower case; empty if there is none.
 * @property {string} code Its lines, each with its line end, without the indentation of the fence.
 * @property {number} line Line number of its first line of code, from 1.
 */

const HEADING = /^ {0,3}#{1,6}[ \t]+(.*?)(?:[ \t]+#*)?[ \t]*$/;
// A fence may stand in a list or a quotation; in front of it there is nothing but that. A backtick behind it would make
// it a code span: https://spec.commonmark.org/0.31.2/#fenced-code-blocks
const FENCE = /^([ \t>]*)(`{3,}(?=[^`]*$)|~{3,})[ \t]*(\S*)/;

/**
 * The fenced code blocks of a Markdown file, in order.
 *
 * @param {string | URL} markdownFileUrl A `file:` URL, or a path.
 * @returns {Block[]}
 */
export function blocksOf(markdownFileUrl) {
  return blocksIn(readFileSync(markdownFileUrl, 'utf8'));
}

/**
 * The fenced code blocks of a Markdown text, in order.
 *
 * @param {string} markdown
 * @returns {Block[]}
 */
export function blocksIn(markdown) {
  /** @type {Block[]} */
  const blocks = [];
  let heading = '';
  /** @type {{ block: Block, indent: string, isEnd: (line: string) => boolean } | undefined} */
  let open;
  for (const [index, line] of markdown.split(/\r?\n/).entries()) {
    if (open !== undefined) {
      if (open.isEnd(line)) open = undefined;
      else open.block.code += `${unindent(line, open.indent)}\n`;
      continue;
    }
    const [, indent = '', fence = '', language = ''] = FENCE.exec(line) ?? [];
    if (fence === '') {
      heading = HEADING.exec(line)?.[1] ?? heading;
      continue;
    }
    const block = { heading, language: language.toLowerCase(), code: '', line: index + 2 };
    blocks.push(block);
    open = { block, indent, isEnd: endOf(fence) };
  }
  return blocks;
}

/**
 * @param {string} fence
 * @returns {(line: string) => boolean} Whether a line ends the block: the same character, at least as often.
 */
function endOf(fence) {
  const end = new RegExp(`^[ \\t>]*\\${fence[0]}{${fence.length},}[ \\t]*$`);
  return (line) => end.test(line);
}

/**
 * @param {string} line
 * @param {string} indent
 */
function unindent(line, indent) {
  let at = 0;
  while (at < indent.length && line[at] === indent[at]) at += 1;
  return line.slice(at);
}
