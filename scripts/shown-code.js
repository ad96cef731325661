/**
 * The blocks of a document that show a file of docs/examples, and what they must say. Such a block begins with ```ts and the path
 * of the file; `#name` after it stands for the lines between `// #region name` and `// #endregion` there. The marks of regions and
 * what surrounds them are never shown.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const BLOCK = /^```(?:ts|js) (docs\/examples\/[\w./-]+?)(?:#([\w-]+))?\n([\s\S]*?)^```$/gm

/**
 * The code that a block must show; `null` where there is no such file or region.
 * @param {string} root @param {string} file @param {string | undefined} region
 */
function codeOf(root, file, region) {
  const path = join(root, file)
  if (!existsSync(path)) return null
  const text = readFileSync(path, 'utf8')
  const named = region && new RegExp(`^ *// #region ${region}\\n([\\s\\S]*?)^ *// #endregion$`, 'm').exec(text)
  if (region && !named) return null
  const lines = (named ? (named[1] ?? '') : text).split('\n').filter((line) => !/^ *\/\/ #(end)?region/.test(line))
  const indent = Math.min(...lines.filter((line) => line !== '').map((line) => line.search(/\S/)))
  return (
    lines
      .map((line) => line.slice(indent))
      .join('\n')
      .trimEnd() + '\n'
  )
}

/**
 * The document with every such block as it must be, and what was wrong with it.
 * @param {string} root @param {{ file: string, text: string }} document
 */
export function withShownCode(root, { file, text }) {
  /** @type {string[]} */
  const problems = []
  /** @type {string[]} */
  const shown = []
  const mended = text.replaceAll(BLOCK, (block, path, region, code, at) => {
    const line = text.slice(0, at).split('\n').length
    const wanted = codeOf(root, path, region)
    shown.push(path)
    if (wanted === null)
      problems.push(`${file}:${line}: there is no ${path}${region ? ` with a region ${region}` : ''}`)
    else if (code !== wanted)
      problems.push(`${file}:${line}: differs from ${path}. npm run check:docs -- --write mends it`)
    return wanted === null
      ? block
      : block.replace(code === '' ? /\n(?=```$)/ : code, () => (code === '' ? `\n${wanted}` : wanted))
  })
  return { mended, problems, shown }
}
