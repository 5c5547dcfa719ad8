// Counts the words of a text while it is typed. Nothing is ever cut or refused: the figure follows
// each key, the spoken sentence waits for a pause and speaks only when the judgement changes.
const PAUSE = 1500; // ms without a key

export function startWords() {
    document.querySelectorAll("[data-portal-words]").forEach(follow);
}

function follow(line) {
    const field = document.getElementById(line.dataset.portalWords);
    if (!field) return;
    const [shown, spoken] = line.children;
    const low = Number(line.dataset.low);
    const high = Number(line.dataset.high);
    let judged = judgement(countWords(field.value), low, high);
    let timer = 0;
    field.addEventListener("input", () => {
        const count = countWords(field.value);
        shown.textContent = sentence(count, low, high);
        window.clearTimeout(timer);
        timer = window.setTimeout(() => {
            const now = judgement(count, low, high);
            if (now === judged) return;
            judged = now;
            spoken.textContent = shown.textContent;
        }, PAUSE);
    });
}

function countWords(text) {
    return text.split(/\s+/u).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
}

function judgement(count, low, high) {
    if (count < low) return "short";
    return count > high ? "long" : "right";
}

function sentence(count, low, high) {
    const said = `${count} mot${count > 1 ? "s" : ""}\u00a0; ${low} à ${high} conseillés`;
    return count > high ? `${said}\u00a0: un peu long` : said;
}
