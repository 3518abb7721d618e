const states = {
  planned: "Nothing is changed yet.", declined: "You declined; nothing was changed.", done: "Done.", partly: "Done in part: some changes were refused.",
  refused: "All changes were refused.", stopped: "Stopped before the end.",
};

const value = (kind, text) => el("td", {}, text === undefined || text === "" ? el("span", { class: "soft" }, "empty") : el("span", { class: kind }, text));

const change = (c) => el("li", {},
  el("p", {}, c.name || c.id, c.name ? el("span", { class: "soft" }, ` ${c.id}`) : undefined),
  c.outcome ? el("p", { class: "soft" }, c.outcome) : undefined,
  el("div", { class: "wide", tabindex: "0", role: "region", "aria-label": `Changes of ${c.id}` }, el("table", {},
    el("thead", {}, el("tr", {}, ["field", "before", "after"].map((t) => el("th", { scope: "col" }, t)))),
    el("tbody", {}, Object.entries(c.after ?? {}).map(([name, after]) => el("tr", {}, el("th", { scope: "row" }, label(name)), value("before", c.before?.[name]), value("after", after)))))));

const apply = async (answer) => {
  const next = await host.call("apply_changes", { plan: answer.plan });
  host.tell(`The user applied the plan in the view. Status: ${next.status}.${next.receipt ? ` Receipt: ${next.receipt}` : ""}`);
  render(next);
};

const undo = async (answer) => {
  const next = await host.call("undo_changes", { receipt: answer.receipt });
  host.tell(`The user took the changes back in the view. Status: ${next.status}.${next.receipt ? ` Receipt: ${next.receipt}` : ""}`);
  render(next);
};

const render = (answer) => {
  fill(
    el("h1", {}, answer.title),
    el("p", { role: "status" }, states[answer.status] ?? answer.status, ` Changes: ${answer.total}.`),
    el("div", { class: "bar" },
      host.callsTools && answer.plan && answer.status !== "done" ? action(answer.total === 1 ? "Apply the change" : `Apply all ${answer.total} changes`, () => apply(answer)) : undefined,
      host.callsTools && answer.receipt ? action("Take it back", () => undo(answer), "plain") : undefined),
    list("ul", answer.changes, change),
    notices(answer.notices));
};

host.start("changes", render);
