// Answers of tools whose texts try to act on a reader or a browser.
const bad = `<img src=x onerror=alert(1)><script>alert(2)</script> [x](javascript:alert(3)) "onmouseover="alert(4) {{7*7}} \u0000`;
const url = "javascript:alert(5)";
const answer = (structuredContent) => ({ content: [{ type: "text", text: JSON.stringify(structuredContent) }], structuredContent });
const changes = ["AAAA1111", "BBBB2222"].map((key) => ({
  id: `local/${key}`, name: `A work ${bad}`, before: { title: `Old ${bad}`, [bad]: bad }, after: { title: `New ${bad}`, [bad]: "" },
}));

export const hostile = {
  search: answer({
    results: [{ id: "local/AAAA1111", title: bad, url, creators: bad, year: 1999, item_type: "book", library: bad, journal: bad, snippet: bad, page: bad, partial: [bad] }],
    total: 1, returned: 1, notices: [bad],
  }),
  fetch: answer({
    id: "local/AAAA1111", title: bad, text: bad, url, metadata: { [bad]: bad, date: "1999" }, creators: [{ name: bad, role: "author" }], tags: [bad],
    notes: [{ key: "N", text: bad }], annotations: [{ key: "A", type: "highlight", color: "red;background:url(https://evil.example/)", page: bad, text: bad, comment: bad }, { key: "B", type: "highlight", color: "#ffd400", text: bad }],
    attachments: [{ key: "F", title: bad, readable: false, reason: bad }], notices: [bad],
  }),
  read_text: answer({
    id: "local/AAAA1111", title: bad, url, passages: [{ source: "text", page: bad, text: bad, start: 0, end: 9 }], pages: [{ label: bad, page: 1, offset: 0, text: bad }],
    completeness: { complete: false, readable: false, reason: bad, chars_returned: 1 }, notices: [bad],
  }),
  cite: answer({ style: bad, locale: "en-US", citations: [bad], bibliography: [{ id: "local/AAAA1111", text: bad }], missing: [bad], total: 1, returned: 1, notices: [bad] }),
  find_duplicates: answer({
    groups: [{
      by: "DOI", title: bad, works: [{ id: "local/AAAA1111", notes: 2, files: 1 }, { id: "local/BBBB2222" }],
      differs: { title: [bad, "Another title"], date: ["1998", "1999"], publicationTitle: ["Proceedings of the Society", ""] }, more_fields: 2,
    }], total: 1, returned: 1, notices: [bad],
  }),
  planned: answer({ status: "planned", title: `Set fields ${bad}`, plan: "plan-token", changes, total: 2, notices: [bad] }),
  done: answer({ status: "done", title: "Set fields", receipt: "receipt-1", changes: changes.map((c) => ({ ...c, outcome: "done" })), total: 2 }),
  undone: answer({ status: "done", title: "Taken back", receipt: "receipt-2", changes: changes.map((c) => ({ ...c, before: c.after, after: c.before, outcome: "done" })), total: 2 }),
};
