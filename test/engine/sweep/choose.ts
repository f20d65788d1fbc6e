/** `count` of them, the same ones for the same seed. */
export function choose<T>(all: T[], count: number, seed: number): T[] {
  const random = mulberry32(seed);
  const shuffled = all.map((item) => ({ item, at: random() })).sort((a, b) => a.at - b.at);
  return shuffled.slice(0, count).map(({ item }) => item);
}

/** A small seeded generator of numbers in [0, 1): github.com/bryc/code/blob/master/jshash/PRNGs.md */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
