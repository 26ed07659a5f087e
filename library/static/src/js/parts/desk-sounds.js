// Three sounds that cannot be taken for each other with the eyes on the books; off is remembered on this device.
const OFF = "desk-sounds-off";
// [hertz, start, length] in seconds.
const TUNES = {
  ok: ["sine", [[1047, 0, 0.09]]],
  warn: ["triangle", [[784, 0, 0.11], [784, 0.17, 0.11]]],
  err: ["square", [[196, 0, 0.42]]],
};
let audio;

export function play(kind) {
  document.documentElement.dataset.lastSound = kind;
  if (localStorage.getItem(OFF) || !window.AudioContext) return;
  audio ??= new AudioContext();
  audio.resume();
  const [shape, tones] = TUNES[kind] ?? TUNES.warn;
  for (const [hertz, start, length] of tones) {
    const [tone, volume] = [audio.createOscillator(), audio.createGain()];
    const at = audio.currentTime + start;
    tone.type = shape;
    tone.frequency.value = hertz;
    volume.gain.setValueAtTime(0.18, at);
    volume.gain.exponentialRampToValueAtTime(0.001, at + length);
    tone.connect(volume).connect(audio.destination);
    tone.start(at);
    tone.stop(at + length);
  }
}

// The box is drawn anew with every answer.
export function readySwitch(root) {
  const box = root.querySelector("[data-sounds]");
  if (!box) return;
  box.checked = !localStorage.getItem(OFF);
  box.addEventListener("change", () => (box.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "1")));
}
