// The scoring grid at the keyboard, and what its comments owe. Comfort: the page works without.
const form = document.querySelector("form[data-portal-scoring]");

if (form) {
    const [atMost, atLeast] = [Number(form.dataset.atMost), Number(form.dataset.atLeast)];
    const cards = [...form.querySelectorAll("[data-portal-card]")];
    document.querySelectorAll("[data-portal-keys]").forEach((line) => (line.hidden = false));
    form.addEventListener("keydown", onKey);
    cards.forEach((card) => card.addEventListener("change", () => say(card)));
    form.addEventListener("htmx:afterSwap", () => cards.forEach(say)); // another tab’s levels may be in

    // One letter or digit does something in a card only, on its levels: never where one types.
    function onKey(event) {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
            event.preventDefault();
            form.querySelector("[data-portal-finish]")?.click();
            return;
        }
        if (event.ctrlKey || event.altKey || event.metaKey || event.target.type !== "radio") return;
        const card = event.target.closest("[data-portal-card]");
        const level = levelOf(event);
        const radio = level && card?.querySelector(`input[type=radio][value="${level}"]`);
        if (radio) {
            event.preventDefault();
            radio.focus();
            if (!radio.checked) radio.click();
        } else if (event.key === "Enter" && card) {
            event.preventDefault();
            next(card);
        }
    }

    // The row of digits gives « à & é " ' ( » on a French keyboard: its keys count, not their signs.
    function levelOf(event) {
        const digit = /^(?:Digit|Numpad)([0-5])$/.exec(event.code)?.[1];
        if (digit) return digit;
        if (/^[0-5]$/.test(event.key)) return event.key;
        return event.key.toLowerCase() === "s" ? "na" : "";
    }

    function next(card) {
        const following = cards[cards.indexOf(card) + 1];
        const field = following
            ? (following.querySelector("input[type=radio]:checked") ?? following.querySelector("input[type=radio]"))
            : form.elements.proposed_amount;
        field?.focus();
    }

    function say(card) {
        const rule = card.querySelector("[data-portal-rule]");
        const value = card.querySelector("input[type=radio]:checked")?.value ?? "";
        const level = Number(value);
        const due = /^\d$/.test(value) && (level <= atMost || level >= atLeast);
        const words = due ? `obligatoire pour la note ${level}` : "facultatif";
        if (rule.textContent !== words) rule.textContent = words;
        rule.classList.toggle("s-rule--due", due);
    }
}
