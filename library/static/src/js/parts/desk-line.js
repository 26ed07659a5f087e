// Scans on their way: one after the other, each under a key of its own, sent again with the same key and the same words until an answer comes.
const AWAY = [502, 503, 504];
const PATIENCE_MS = 10_000;

// randomUUID is there only over https and on the machine itself; a desk may stand in a closed network without.
export function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export class Line {
  // arrived(scan, answer) draws; changed(state, count) tells how it stands: "", "sending", "away" or "signed-out".
  constructor(arrived, changed) {
    this.arrived = arrived;
    this.changed = changed;
    this.waiting = [];
    this.running = false;
    this.held = false;
  }

  get isEmpty() {
    return this.waiting.length === 0;
  }

  add(scan, { first = false } = {}) {
    scan.key = newKey();
    if (first) this.waiting.unshift(scan);
    else this.waiting.push(scan);
    this.run();
  }

  // How many scans were waiting that now never go.
  drop() {
    return this.waiting.splice(0).length;
  }

  // While a question is open nothing else is sent: the next copy may not be taken for an answer.
  hold(held) {
    this.held = held;
    if (!held) this.run();
    else this.changed("", this.waiting.length);
  }

  async run() {
    if (this.running) return;
    this.running = true;
    while (this.waiting.length > 0 && !this.held) {
      const scan = this.waiting[0];
      scan.body ??= scan.written(); // as late as possible: the reader may have been opened by the scan before
      const answer = await this.deliver(scan);
      this.waiting.splice(this.waiting.indexOf(scan), 1);
      this.arrived(scan, answer);
    }
    this.running = false;
    this.changed("", this.waiting.length);
  }

  async deliver(scan) {
    for (let wait = 500; ; wait = Math.min(wait * 2, 5_000)) {
      this.changed("sending", this.waiting.length);
      const answer = await this.attempt(scan);
      if (answer.status === 401) this.changed("signed-out", this.waiting.length);
      else if (answer.status && !AWAY.includes(answer.status)) return answer;
      else this.changed("away", this.waiting.length);
      await pause(wait);
    }
  }

  async attempt(scan) {
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), PATIENCE_MS);
    try {
      const headers = { Accept: "text/html", "X-Part": "station", "Idempotency-Key": scan.key };
      const response = await fetch(scan.path, { method: "POST", headers, body: scan.body, signal: patience.signal });
      return { status: response.status, isStation: response.headers.get("X-Part") === "station", text: await response.text() };
    } catch {
      return { status: 0 };
    } finally {
      clearTimeout(timer);
    }
  }
}
