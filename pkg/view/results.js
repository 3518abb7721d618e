const picked = new Set();
let shown = [];

const pickedChanged = () => {
  for (const b of document.querySelectorAll("[data-needs-pick]")) b.disabled = picked.size === 0;
  document.getElementById("picked").textContent = picked.size ? `${picked.size} picked` : "";
  host.tell(picked.size ? `The user picked these works in the list: ${[...picked].join(", ")}` : "The user picked no work in the list.");
};

const row = (r, i) => el("li", { class: "pick" },
  el("input", { type: "checkbox", id: `w${i}`, "aria-label": `Pick ${r.title}`, checked: picked.has(r.id), change: (e) => {
    e.target.checked ? picked.add(r.id) : picked.delete(r.id);
    pickedChanged();
  } }),
  el("div", {},
    el("p", {}, link(r.title, r.url)),
    el("p", { class: "soft" }, [r.creators, r.year, r.journal, r.library].filter(Boolean).join(" · ")),
    r.snippet ? el("blockquote", {}, r.snippet) : undefined,
    r.snippet && (r.page || r.matched_in) ? el("p", { class: "soft" }, r.page ? `page ${r.page}` : `in ${r.matched_in}`) : undefined,
    r.partial?.length ? el("p", { class: "soft" }, `without: ${r.partial.join(", ")}`) : undefined));

const citations = async () => {
  const answer = await host.call("cite", { ids: [...picked] });
  document.getElementById("citations").replaceChildren(el("h2", {}, `Citations (${answer.style})`), ...(answer.bibliography ?? []).map((b) => el("p", { class: "text" }, b.text)), ...[notices(answer.notices)].filter(Boolean));
};

const render = (answer) => {
  shown = shown.concat(answer.results ?? []);
  const cite = host.takesMessages ? () => host.say(`Cite these works: ${[...picked].join(", ")}`) : citations;
  const more = answer.next_cursor && host.callsTools
    ? action("More", async () => render(await host.call("search", { ...host.input, cursor: answer.next_cursor })), "plain") : undefined;
  fill(
    el("h1", {}, "Works"),
    el("p", { class: "soft", role: "status" }, `${shown.length} of ${answer.total}`),
    shown.length ? el("ul", {}, shown.map(row)) : el("p", {}, "No work was found."),
    el("div", { class: "bar" },
      host.takesMessages || host.callsTools ? Object.assign(action("Cite these", cite), { disabled: true }) : undefined,
      more, el("span", { id: "picked", class: "soft", role: "status" })),
    el("div", { id: "citations", "aria-live": "polite" }),
    notices(answer.notices));
  view.querySelector(".bar button:not(.plain)")?.setAttribute("data-needs-pick", "");
  if (picked.size) pickedChanged();
};

host.start("results", (answer) => { shown = []; picked.clear(); render(answer); });
