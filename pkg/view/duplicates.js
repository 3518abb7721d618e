const counts = (w) => [["file", w.files], ["note", w.notes], ["annotation", w.annotations]].filter(([, n]) => n).map(([name, n]) => `${n} ${name}${n === 1 ? "" : "s"}`).join(", ") || "nothing attached";

const merge = (g, i) => {
  const kept = document.querySelector(`input[name=g${i}]:checked`).value;
  const others = g.works.map((w) => w.id).filter((id) => id !== kept);
  return host.say(`These works are duplicates. Merge them into ${kept}, and show me the plan first: ${others.join(", ")}`);
};

const group = (g, i) => el("li", {},
  el("h2", {}, g.title), el("p", { class: "soft" }, `same ${g.by}`, g.more_works ? `, and ${g.more_works} more works` : ""),
  el("div", { class: "wide", tabindex: "0", role: "region", "aria-label": `Duplicates of ${g.works[0].id}` }, el("table", {},
    el("thead", {}, el("tr", {}, el("td"), g.works.map((w, n) => el("th", { scope: "col" },
      el("label", {}, el("input", { type: "radio", name: `g${i}`, value: w.id, checked: n === 0, "aria-label": `Keep ${w.id}` }), " ", w.id))))),
    el("tbody", {},
      el("tr", {}, el("th", { scope: "row" }, "has"), g.works.map((w) => el("td", {}, counts(w)))),
      Object.entries(g.differs ?? {}).map(([name, values]) => el("tr", {}, el("th", { scope: "row" }, label(name)), g.works.map((_, n) => el("td", {}, values[n] ?? ""))))))),
  g.more_fields ? el("p", { class: "soft" }, `${g.more_fields} more fields differ`) : undefined,
  host.takesMessages ? el("div", { class: "bar" }, action("Merge into the one picked", () => merge(g, i))) : undefined);

let shown = [];
const render = (answer) => {
  shown = shown.concat(answer.groups ?? []);
  fill(
    el("h1", {}, "Duplicates"),
    el("p", { class: "soft", role: "status" }, `${shown.length} of ${answer.total} groups`),
    shown.length ? el("ul", {}, shown.map(group)) : el("p", {}, "No duplicates were found."),
    answer.next_cursor && host.callsTools
      ? el("div", { class: "bar" }, action("More", async () => render(await host.call("find_duplicates", { ...host.input, cursor: answer.next_cursor })), "plain")) : undefined,
    notices(answer.notices));
};

host.start("duplicates", (answer) => { shown = []; render(answer); });
