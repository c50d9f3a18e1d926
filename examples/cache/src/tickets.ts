const WORDS = [
  'Where is my parcel? It was to come on Monday.',
  'I was charged twice for one order.',
  'The shoes are too small. Can I send them back?',
  'Do you have a shop in Vienna?',
  'My invoice has the wrong address on it.',
  'The tracking number does not work.',
  'How long do I have to return something?',
  'I cannot log in any more.',
];

/** Two hundred tickets: the first ones are asked more often than the last. */
export const TICKETS: readonly string[] = Array.from(
  { length: 200 },
  (_, index) => WORDS[((index * index) % 31) % WORDS.length] ?? '',
);
