// How strong a new password is, by the rules of mewayz/backend/passwords.py; its list of common ones stays on the server.

/** How good a password is, 0 to 4, and what to do next. It never leaves the page for this. */
export function strengthOf(password, ...personal) {
  const length = [...password].length;
  if (!length) return { score: 0, advice: "" };
  if (length < 8) return { score: 1, advice: "Use at least 8 characters." };
  if (length > 1024) return { score: 1, advice: "Use at most 1024 characters." };
  const folded = password.toLowerCase();
  for (const text of [...personal, "mewayz"]) {
    for (const part of [text, text.split("@")[0], ...text.split(/\s+/)]) {
      if (part.length >= 4 && folded.includes(part.toLowerCase())) {
        return { score: 1, advice: "Leave out your name, your e-mail address and the name of the product." };
      }
    }
  }
  const kinds = [
    ["a lower-case letter", /\p{Ll}/u],
    ["an upper-case letter", /\p{Lu}/u],
    ["a digit", /\p{Nd}/u],
    ["a special character", /[^\p{L}\p{N}\s]/u],
  ];
  const missing = kinds.filter(([, pattern]) => !pattern.test(password)).map(([kind]) => kind);
  if (length < 15 && missing.length) {
    return { score: missing.length > 2 ? 1 : 2, advice: `Add ${missing.join(" and ")}, or use at least 15 characters.` };
  }
  if (new Set(folded).size < 6) return { score: 2, advice: "Use more characters that differ." };
  if (length < 12) return { score: 3, advice: "Good. A few more characters make it strong." };
  return { score: 4, advice: "Strong." };
}

const TONES = ["", "danger", "warning", "success", "success"];

function judge(form, meter) {
  const value = (name) => form.elements.namedItem(name)?.value ?? "";
  return strengthOf(value(meter.dataset.strength), value("name"), value("email"));
}

/** What is wrong with the new password of a form, by its name: the server tells of other mistakes first. */
export function weakness(form) {
  const meter = form.querySelector("[data-strength]");
  const { score, advice } = judge(form, meter);
  return score === 1 || score === 2 ? { [meter.dataset.strength]: advice } : {};
}

/** Show it in the meter of a form. */
export function show(form) {
  const meter = form.querySelector("[data-strength]");
  const control = form.elements.namedItem(meter.dataset.strength);
  if (control?.getAttribute("aria-invalid") === "true") return; // it was refused, for reasons that only the server may know
  const { score, advice } = judge(form, meter);
  [...meter.querySelector("[data-bars]").children].forEach((bar, place) => {
    bar.style.backgroundColor = place < score ? `var(--${TONES[score]})` : "";
  });
  const sentence = meter.querySelector("[data-advice]");
  const text = advice || sentence.dataset.advice;
  // Only what changed is read out.
  if (sentence.textContent !== text) sentence.textContent = text;
}
