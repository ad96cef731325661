import type { Brand } from '../options/brand-options.js'

const STYLE = `
:root { color-scheme: light dark; --page: #f3f5f8; --card: #fff; --ink: #1f2328; --soft: #57606a; --line: #d5dae0; --edge: #747d88; --main: #0b57d0; --on-main: #fff; --tint: #e9f0fd }
@media (prefers-color-scheme: dark) {
  :root { --page: #121417; --card: #1d2024; --ink: #e6e8eb; --soft: #b0b8c1; --line: #383d44; --edge: #868f99; --main: #a8c7fa; --on-main: #0a2755; --tint: #26303f }
}
* { box-sizing: border-box }
body { margin: 0; padding: 12vh 1rem 2rem; font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; color: var(--ink); background: var(--page); overflow-wrap: anywhere }
main { max-width: 34rem; margin: 0 auto; padding: 2rem; background: var(--card); border: 1px solid var(--line); border-radius: 1rem }
h1 { margin: 0 0 .75rem; font-size: 1.5rem; line-height: 1.25; font-weight: 600; text-wrap: balance }
h2 { margin: 0 0 .5rem; font-size: 1rem; font-weight: 600 }
p { margin: 0 0 1rem }
section { margin: 0 0 1.25rem; padding: 1rem 1.25rem; background: var(--tint); border-radius: .75rem }
ul { margin: 0; padding: 0 0 0 1.1rem }
li + li { margin-top: .5rem }
header { display: flex; align-items: center; gap: .75rem; max-width: 34rem; margin: 0 auto 1rem; padding: 0 .5rem; font-weight: 600 }
header img { height: 2rem; max-width: 8rem; object-fit: contain }
small, footer { color: var(--soft); font-size: .8125rem }
li small { display: block }
code { font: inherit }
nav { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1.5rem 0 0 }
nav a { min-height: 2.75rem; padding: .6rem 1.35rem; font-weight: 600; text-decoration: none; color: var(--ink); border: 1px solid var(--edge); border-radius: 2rem }
nav a.main { color: var(--on-main); background: var(--main); border-color: var(--main) }
nav a:hover { text-decoration: underline }
:focus-visible { outline: 3px solid var(--main); outline-offset: 3px }
footer { max-width: 34rem; margin: 1rem auto 0; padding: 0 .5rem; text-align: center }
@media (max-width: 30rem) { body { padding: 1rem 1rem 2rem } main { padding: 1.5rem 1.25rem } nav a { flex: 1 1 100%; text-align: center } }
`

/** The style of the pages. A button in the color of the app has text in black or white, whichever is easier to read on it. */
export function styleOf({ color }: Brand): string {
  if (color === undefined) return STYLE
  const text = luminanceOf(color) > BLACK_FROM ? '#000' : '#fff'
  // `body`, so that it counts in light and in dark. The border shows the button where its color is that of the page.
  return `${STYLE}body { --main: ${color}; --on-main: ${text} }\nnav a.main { border-color: var(--edge) }\n:focus-visible { outline-color: var(--ink) }\n`
}

/** Above this luminance, black has the larger contrast. @see https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio */
const BLACK_FROM = 0.179

/** @see https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
function luminanceOf(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = parseInt(color.slice(at, at + 2), 16) / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
