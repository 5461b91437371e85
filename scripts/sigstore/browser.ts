/** The end of a way of redirects. */
export interface Page {
  readonly url: string;
  readonly status: number;
  readonly text: string;
}

const MAX_REDIRECTS = 20;

/**
 * Goes where a browser would go: follows redirects, and gives each host back its cookies.
 *
 * @param stopAt ends the way before a URL that it holds of, without asking for it.
 */
export async function browse(
  start: string,
  stopAt: (url: URL) => boolean = () => false,
): Promise<Page> {
  const cookies = new Map<string, string>();
  let url = new URL(start);
  for (let left = MAX_REDIRECTS; left > 0; left -= 1) {
    if (stopAt(url)) return { url: url.href, status: 0, text: '' };
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (value === '') cookies.delete(name);
      else cookies.set(name, value);
    }
    const text = await response.text();
    const location = response.headers.get('location');
    if (location === null) return { url: url.href, status: response.status, text };
    url = new URL(location, url);
  }
  throw new Error(`${start} leads to nothing but redirects`);
}
