/** Returns the code blocks of one language in a page of Markdown. */
export function codeBlocks(page: string, language: string): string[] {
  const fenced = new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm');
  return [...page.matchAll(fenced)].map(([, code]) => code ?? '');
}
