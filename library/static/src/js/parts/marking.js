// Where in a text as written that stands which somebody typed: width, case and the kind of kana do not matter, nor do spaces and long marks.
const PASSED_OVER = /[\s・ー、，,.．‐-]/u;

function folded(text) {
  const letters = [];
  const at = [];
  let place = 0;
  for (const letter of text) {
    if (!PASSED_OVER.test(letter)) {
      for (const part of letter.normalize("NFKC").toLowerCase()) {
        const code = part.codePointAt(0);
        letters.push(code >= 0x30a1 && code <= 0x30f6 ? String.fromCodePoint(code - 0x60) : part);
        at.push(place);
      }
    }
    place += letter.length;
  }
  return { letters: letters.join(""), at };
}

// For who types hiragana, perhaps because it is what they can read.
export const inHiragana = (text) => text.replace(/[ァ-ヶ]/gu, (letter) => String.fromCodePoint(letter.codePointAt(0) - 0x60));

// From and to, or nothing. The longest of what may be meant wins, at the beginning before anywhere else.
export function place(text, sought) {
  const { letters, at } = folded(text);
  const wanted = sought.map((one) => folded(one).letters).filter(Boolean).sort((a, b) => b.length - a.length);
  for (const one of wanted) {
    const first = letters.indexOf(one);
    if (first >= 0) return [at[first], at[first + one.length] ?? text.length];
  }
  return undefined;
}

export function marked(text, range) {
  if (!range) return [document.createTextNode(text)];
  const mark = document.createElement("mark");
  mark.textContent = text.slice(...range);
  return [text.slice(0, range[0]), mark, text.slice(range[1])];
}
