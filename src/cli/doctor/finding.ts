/** One thing that the doctor has looked at. */
export interface Finding {
  /** What was looked at, in a word or two. */
  about: string
  /** What is the case. */
  text: string
  isWrong: boolean
  /** How to mend it, where the text does not say so itself. */
  fix?: string
}

/** All is well with it. */
export const fine = (about: string, text: string): Finding => ({ about, text, isWrong: false })

/** Something is wrong with it. */
export const wrong = (about: string, text: string, fix?: string): Finding => ({
  about,
  text,
  isWrong: true,
  ...(fix === undefined ? {} : { fix })
})

/** A URL as it may be shown: without the user and the password in it. */
export function shown(text: string): string {
  if (!URL.canParse(text)) return 'What was given'
  const url = new URL(text)
  if (url.username === '' && url.password === '') return text
  url.username = ''
  url.password = ''
  return url.href
}
