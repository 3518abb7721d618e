// A person with a browser without scripts: it opens pages, stores cookies and
// sends forms. As a program it signs user 1001 in at an authorization URL and
// follows the redirect to the client, as a browser that a client starts:
//
//   node person.mjs URL
import { pathToFileURL } from "node:url";

// signIn opens the URL of an authorization request and consents, with the boxes that it
// ticks. It returns the redirect to the client, without opening it.
export async function signIn(authorize, user = 1001, ticks = {}) {
  const browser = new Browser();
  const consent = await browser.open(authorize);
  const toZotero = await browser.send(consent, { ...ticks, decision: "allow" });
  if (!toZotero.searchParams.has("oauth_token")) return toZotero; // rejected
  const zotero = await browser.open(toZotero);
  const back = await browser.send(zotero, { user: String(user), decision: "accept" });
  return (await browser.open(back)).to;
}

class Browser {
  #cookies = new Map();

  // open opens a page and returns its text, or its redirect.
  async open(url) {
    const answer = await this.#fetch(url);
    return { url: new URL(url), text: await answer.text(), to: onward(answer, url) };
  }

  // send submits the form of a page and returns the redirect.
  async send(page, fields) {
    const form = new URLSearchParams();
    for (const [, name, value] of page.text.matchAll(/<input[^>]*\bname="([^"]*)" value="([^"]*)"/g)) form.set(name, value);
    for (const [name, value] of Object.entries(fields)) form.set(name, value);
    const action = page.text.match(/<form method="post" action="([^"]*)"/)?.[1];
    if (!action) throw new Error(`no form at ${page.url.pathname}: ${page.text.replace(/<[^>]*>/g, " ").replace(/\s+/g, " ").slice(-300)}`);
    const url = new URL(action, page.url);
    const answer = await this.#fetch(url, { method: "POST", body: form });
    const to = onward(answer, url);
    if (!to) throw new Error(`the form at ${url.pathname} leads nowhere: ${answer.status} ${await answer.text()}`);
    return to;
  }

  async #fetch(url, options = {}) {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await fetch(url, { ...options, redirect: "manual", headers: cookie ? { cookie } : {} });
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = line.match(/^([^=]+)=([^;]*)/);
      this.#cookies.set(name, value);
    }
    return answer;
  }
}

// onward returns the target of a response's redirect, or of its Refresh header.
function onward(answer, base) {
  const to = answer.headers.get("location") ?? answer.headers.get("refresh")?.match(/url=(.*)$/)?.[1];
  return to ? new URL(to, base) : undefined;
}

// arrive opens the client's URL. It retries: some clients start a browser before
// they listen, because a person is slower than this program.
async function arrive(url) {
  for (let i = 0; ; i++) {
    try {
      return await fetch(url);
    } catch (error) {
      if (error.cause?.code !== "ECONNREFUSED" || i === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const answer = await arrive(await signIn(process.argv[2]));
  if (!answer.ok) throw new Error(`the client answers ${answer.status}`);
}
