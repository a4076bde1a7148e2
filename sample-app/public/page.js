/** Puts chosen and dropped pictures into cards, and a few of them at a time to work. */
import { PictureCard } from './picture-card.js';

/** A browser opens six connections to a server, and each picture that is being made holds one. */
const MOST_AT_A_TIME = 3;

const input = document.querySelector('#files');
const list = document.querySelector('#cards');
const status = document.querySelector('#status');
const samples = document.querySelector('#samples');

const cards = [];
const waiting = [];
let running = 0;

input.addEventListener('change', () => {
  add(input.files);
  // So that the same picture can be chosen once more.
  input.value = '';
});

samples.addEventListener('click', async () => {
  samples.disabled = true;
  try {
    add(await fetchSamples());
  } catch (error) {
    status.textContent = `The sample’s own pictures cannot be read: ${error.message}.`;
  } finally {
    samples.disabled = false;
  }
});

for (const type of ['dragenter', 'dragover']) {
  addEventListener(type, (event) => {
    event.preventDefault();
    document.body.classList.add('dragging');
  });
}
for (const type of ['dragleave', 'dragend', 'drop']) {
  addEventListener(type, (event) => {
    event.preventDefault();
    document.body.classList.remove('dragging');
  });
}
addEventListener('drop', ({ dataTransfer }) => add(dataTransfer.files));

function add(files) {
  for (const file of files) {
    const card = new PictureCard(file, { start: enqueue, changed: showStatus });
    cards.push(card);
    list.append(card.element);
    enqueue(card);
  }
  showStatus();
}

function enqueue(card) {
  waiting.push(card);
  startNext();
}

function startNext() {
  while (running < MOST_AT_A_TIME && waiting.length > 0) {
    const card = waiting.shift();
    if (card.state !== 'waiting') {
      continue;
    }
    running++;
    card.run().finally(() => {
      running--;
      startNext();
    });
  }
}

async function fetchSamples() {
  const names = await (await fetch('samples.json')).json();
  return Promise.all(
    names.map(async (name) => {
      const response = await fetch(`samples/${encodeURIComponent(name)}`);
      return new File([await response.blob()], name);
    }),
  );
}

function showStatus() {
  const count = (state) => cards.filter((card) => card.state === state).length;
  const parts = [
    [count('done'), 'done'],
    [count('running'), 'being made'],
    [count('waiting'), 'waiting'],
    [count('cancelled'), 'cancelled'],
    [count('failed'), 'failed'],
  ];
  const total = `${cards.length} ${cards.length === 1 ? 'picture' : 'pictures'}`;
  const text = parts.filter(([number]) => number > 0).map((part) => part.join(' '));
  status.textContent = `${total}: ${text.join(', ')}.`;
}
