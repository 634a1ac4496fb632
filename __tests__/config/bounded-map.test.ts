import { BoundedMap } from '../../lib/config/bounded-map.js';

describe('A bounded map', () => {
  it('forgets the entry that was not used for the longest when it is full, and tells of it', () => {
    const forgotten: string[] = [];
    const map = new BoundedMap<string, string>(2, { onForgotten: (value) => forgotten.push(value) });
    map.set('a', 'A');
    map.set('b', 'B');
    expect(map.get('a')).toBe('A');
    map.set('c', 'C');
    expect([map.values(), forgotten]).toEqual([['A', 'C'], ['B']]);
    expect(map.getOrMake('b', () => 'new')).toBe('new');
    expect([map.entries().map(([key]) => key), forgotten]).toEqual([
      ['c', 'b'],
      ['B', 'A'],
    ]);
  });

  it('makes a value once', () => {
    const map = new BoundedMap<string, object>(2);
    const made = map.getOrMake('a', () => ({}));
    expect(map.getOrMake('a', () => ({}))).toBe(made);
  });

  it('forgets what was not used for its time, and what is used stays', () => {
    let nowMs = 0;
    const map = new BoundedMap<string, number>(9, { maxIdleMs: 100, nowMs: () => nowMs });
    map.set('a', 1);
    map.set('b', 2);
    nowMs = 60;
    expect(map.get('a')).toBe(1);
    nowMs = 120;
    expect([map.get('b'), map.get('a')]).toEqual([undefined, 1]);
    nowMs = 300;
    expect(map.values()).toEqual([]);
  });

  it('can be looked into without a use of what is there, which then grows as old as without', () => {
    let nowMs = 0;
    const map = new BoundedMap<string, number>(2, { maxIdleMs: 100, nowMs: () => nowMs });
    map.set('a', 1);
    map.set('b', 2);
    nowMs = 60;
    expect([map.peek('a'), map.peek('c'), map.size]).toEqual([1, undefined, 2]);
    map.set('c', 3);
    expect(map.entries()).toEqual([
      ['b', 2],
      ['c', 3],
    ]);
    nowMs = 120;
    expect([map.peek('b'), map.peek('c'), map.size]).toEqual([undefined, 3, 1]);
  });

  it('gives an entry away without a word to whoever is told of what is forgotten', () => {
    const forgotten: number[] = [];
    const map = new BoundedMap<string, number>(2, { onForgotten: (value) => forgotten.push(value) });
    map.set('a', 1);
    expect([map.delete('a'), map.delete('a')]).toEqual([true, false]);
    map.set('a', 2);
    expect([map.get('a'), map.size, forgotten]).toEqual([2, 1, []]);
  });
});
