/** A soft tone of two notes. Browsers make none before somebody has touched the page once. */
const NOTES_HZ = [659.3, 880];
const NOTE_S = 0.16;
const VOLUME = 0.12;
/** A sound cannot fall to nothing by a constant factor. */
const SILENCE = 0.0001;
/** A burst of messages makes one tone. */
const APART_MS = 1_500;

let context: AudioContext | null = null;
let soundedAt = -Infinity;

export function sound(): void {
  const now = performance.now();
  if (now - soundedAt < APART_MS) return;
  soundedAt = now;
  context ??= new AudioContext();
  if (context.state === "suspended") void context.resume();
  const begin = context.currentTime;
  NOTES_HZ.forEach((note, index) => {
    play(note, begin + index * NOTE_S);
  });
}

function play(note: number, at: number): void {
  if (context === null) return;
  const tone = new OscillatorNode(context, { frequency: note });
  const volume = new GainNode(context, { gain: 0 });
  volume.gain.setValueAtTime(SILENCE, at);
  volume.gain.exponentialRampToValueAtTime(VOLUME, at + NOTE_S / 8);
  volume.gain.exponentialRampToValueAtTime(SILENCE, at + 2 * NOTE_S);
  tone.connect(volume).connect(context.destination);
  tone.start(at);
  tone.stop(at + 2 * NOTE_S);
}
