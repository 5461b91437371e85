/** A JSON Web Token in the place of something else; it must not come into a message. */
export function looksLikeToken(text: string): boolean {
  return new RegExp(`^${TOKEN.source}$`).test(text);
}

/** All texts of that form taken out. */
export function withoutTokens(text: string): string {
  return text.replaceAll(TOKEN, '…');
}

/** Its first part begins so, since its text begins with a brace and a quotation mark. */
const TOKEN = /eyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g;
