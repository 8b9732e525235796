/**
 * Reads INI text: `[section]`, `key = value`, comments that begin a line with `;` or `#`.
 * @param {string} text
 * @returns {Record<string, Record<string, string>>} the values by section and key
 * @throws {Error} naming the first line that is none of these
 */
export function parseIni(text) {
  const sections = Object.create(null);
  let section;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const trimmed = line.trim();
    if (trimmed === "" || trimmed.startsWith(";") || trimmed.startsWith("#")) continue;
    const heading = /^\[([^\]]+)\]$/.exec(trimmed);
    const pair = /^([^=]+?)\s*=\s*(.*)$/.exec(trimmed);
    if (heading !== null) {
      section = sections[heading[1]] ??= Object.create(null);
    } else if (pair !== null && section !== undefined) {
      section[pair[1]] = pair[2];
    } else {
      throw new Error(`line ${index + 1}: neither a [section] nor a key = value inside one`);
    }
  }
  return sections;
}
