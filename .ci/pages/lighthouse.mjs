// Rates a page with Lighthouse, as it does for a phone with a slow network.
import { launch } from "chrome-launcher";
import lighthouse from "lighthouse";
import { need } from "./rows.mjs";

// The least scores of a page, of 100. Others that Lighthouse gives are not asked for: it
// takes off for noindex, which keeps libraries out of search engines.
const least = { accessibility: 100, "best-practices": 100, performance: 80 };

// rates holds that a page has the least scores.
export async function rates(url, chromePath) {
  const chromeFlags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"];
  const chrome = await launch({ chromePath, chromeFlags, logLevel: "silent" });
  try {
    const { lhr } = await lighthouse(url, { port: chrome.port, logLevel: "silent", onlyCategories: Object.keys(least) });
    const scores = Object.entries(least).map(([name, bar]) => ({ name, bar, score: Math.round(lhr.categories[name].score * 100) }));
    const said = scores.map((s) => `${s.name} ${s.score}`).join(", ");
    console.error(`Lighthouse: ${said}`);
    need(!lhr.runtimeError && scores.every((s) => s.score >= s.bar), said);
  } finally {
    chrome.kill();
  }
}
