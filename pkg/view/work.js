const passage = (p) => el("li", {}, el("blockquote", {}, p.text), el("p", { class: "soft" }, p.page ? `page ${p.page}` : p.source));
const pageOf = (p) => el("li", {}, el("p", { class: "soft" }, `page ${p.label || p.page || "?"}`), el("p", { class: "text" }, p.text));

// Annotations have a colour, "#rrggbb".
const annotation = (a) => {
  const e = el("li", {}, a.text ? el("blockquote", {}, a.text) : undefined, a.comment ? el("p", { class: "text" }, a.comment) : undefined,
    el("p", { class: "soft" }, [a.type, a.page ? `page ${a.page}` : ""].filter(Boolean).join(" · ")));
  const quote = e.querySelector("blockquote");
  if (quote && /^#[0-9a-f]{6}$/i.test(a.color ?? "")) quote.style.borderLeftColor = a.color;
  return e;
};

const part = (title, content) => (content ? [el("h2", {}, title), content] : []);

const unreadable = (c) => (c && !c.readable ? el("p", { class: "soft" }, `The text can't be read: ${c.reason ?? ""}`) : undefined);

const ask = (id) => {
  const input = el("input", { type: "text", "aria-label": "A question to this text", placeholder: "A question to this text" });
  const answers = el("div", { "aria-live": "polite" });
  const find = action("Find passages", async () => {
    if (!input.value.trim()) return;
    const answer = await host.call("read_text", { id, question: input.value.trim(), limit: 4 });
    answers.replaceChildren(...[unreadable(answer.completeness), list("ul", answer.passages, passage) ?? el("p", {}, "No passage answers that."), notices(answer.notices)].filter(Boolean));
  });
  input.addEventListener("keydown", (e) => { if (e.key === "Enter") find.click(); });
  return [el("div", { class: "bar" }, input, find), answers];
};

// Fields that stand elsewhere in the view, or say nothing to a reader.
const hidden = new Set(["version", "dateAdded", "dateModified", "year"]);

// The answer is one of fetch or of read_text.
const render = (w) => {
  const fields = Object.entries(w.metadata ?? {}).filter(([name]) => !hidden.has(name));
  fill(
    el("h1", {}, link(w.title, w.url)),
    el("p", { class: "soft" }, (w.creators ?? []).map((c) => c.name).join("; ")),
    ...(host.callsTools ? ask(w.id) : []),
    unreadable(w.completeness),
    list("ul", w.passages, passage),
    list("ul", w.pages, pageOf),
    fields.length ? el("dl", {}, fields.flatMap(([name, value]) => [el("dt", {}, label(name)), el("dd", {}, value)])) : undefined,
    ...part("Text", w.text ? el("div", { class: "text box", tabindex: "0", role: "region", "aria-label": "Text" }, w.text) : undefined),
    ...part("Annotations", list("ul", w.annotations, annotation)),
    ...part("Notes", list("ul", w.notes, (n) => el("li", { class: "text" }, n.text))),
    ...part("Files", list("ul", w.attachments, (a) => el("li", {}, a.title, a.readable ? "" : ` (${a.reason ?? "no text"})`))),
    host.takesMessages ? el("div", { class: "bar" }, action("Cite this work", () => host.say(`Cite this work: ${w.id}`), "plain")) : undefined,
    notices(w.notices));
};

host.start("work", render);
