"use strict";
// The list of everything: filter, sorting, and more of it on demand. Whatever
// comes from others is set as text, never as markup.
(() => {
	const data = JSON.parse(document.getElementById("data").textContent);
	const $ = id => document.getElementById(id);
	const step = 100;
	const column = name => data.columns.findIndex(c => c.key === name);
	const ending = column("ending"), product = column("product"), reason = column("reason"), id = column("id"), name = column("name");
	const number = cell => parseFloat((String(cell).match(/\d[\d,.]*/) ?? ["-1"])[0].replaceAll(",", ""));
	const word = (row, i) => (i === ending ? data.endings[row[i]] : null) ?? row[i];
	const rows = data.rows.map(cells => ({
		cells,
		text: [...cells, data.endings[cells[ending]], data.reasons[cells[reason]]].join("\n").toLowerCase(),
	}));
	let found = rows, shown = step, sorted = -1, down = false;

	const show = () => {
		const body = document.createElement("tbody");
		for (const row of found.slice(0, shown)) {
			const tr = body.insertRow();
			tr.setAttribute("role", "row");
			row.cells.forEach((cell, i) => {
				const td = tr.insertCell();
				td.setAttribute("role", "cell");
				td.dataset.l = data.columns[i].name;
				if (data.columns[i].number) td.className = "n";
				let at = td;
				if (i === id || i === name) at = td.appendChild(document.createElement(i === id ? "code" : "span")).appendChild(document.createElement("bdi"));
				if (i === ending) {
					at = td.appendChild(document.createElement("span"));
					at.className = "state state-" + cell;
				}
				at.textContent = word(row.cells, i);
				if (i === reason) td.title = data.reasons[cell];
			});
		}
		$("list").tBodies[0].replaceWith(body);
		$("more").hidden = found.length <= shown;
		const counts = {"{shown}": Math.min(shown, found.length), "{all}": found.length};
		$("found").textContent = $("found").dataset.said.replace(/\{\w+\}/g, place => counts[place].toLocaleString("en"));
	};
	const compare = (a, b) => {
		const x = word(a.cells, sorted), y = word(b.cells, sorted);
		const by = data.columns[sorted].number ? number(x) - number(y) : String(x).localeCompare(String(y), undefined, {numeric: true});
		return down ? -by : by;
	};
	const filter = () => {
		const words = $("words").value.toLowerCase().split(/\s+/).filter(Boolean);
		found = rows.filter(row =>
			(!$("ending").value || row.cells[ending] === $("ending").value) &&
			(!$("product").value || row.cells[product] === $("product").value) &&
			words.every(w => row.text.includes(w)));
		if (sorted >= 0) found.sort(compare);
		shown = step;
		show();
	};
	$("filter").addEventListener("input", filter);
	$("filter").addEventListener("submit", event => event.preventDefault());
	$("more").addEventListener("click", () => { shown += 10 * step; show(); });
	const heads = [...$("list").tHead.rows[0].cells];
	heads.forEach((th, i) => th.firstChild.addEventListener("click", () => {
		down = sorted === i && !down;
		sorted = i;
		heads.forEach(h => h.removeAttribute("aria-sort"));
		th.setAttribute("aria-sort", down ? "descending" : "ascending");
		filter();
	}));
	addEventListener("beforeprint", () => { shown = Math.max(shown, 10 * step); show(); });

	// The theme: the system's, until somebody says otherwise.
	const button = $("theme"), root = document.documentElement;
	const dark = matchMedia("(prefers-color-scheme: dark)");
	const remembered = value => { try { return value ? localStorage.setItem("theme", value) : localStorage.getItem("theme"); } catch { return null; } };
	const isDark = () => root.dataset.theme ? root.dataset.theme === "dark" : dark.matches;
	const label = () => { button.textContent = isDark() ? button.dataset.light : button.dataset.dark; };
	if (["dark", "light"].includes(remembered())) root.dataset.theme = remembered();
	button.addEventListener("click", () => {
		root.dataset.theme = isDark() ? "light" : "dark";
		remembered(root.dataset.theme);
		label();
	});
	dark.addEventListener("change", label);
	label();

	filter();
	$("list").hidden = $("filter").hidden = button.hidden = false;
})();
