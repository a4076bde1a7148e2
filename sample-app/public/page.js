/** Shows chosen and dropped pictures as cards, and runs a few of them at a time. */
import { PictureCard } from './picture-card.js';
import { showWorkers } from './worker-strip.js';

/** A browser opens six connections to a server, and each running picture uses one. */
const MOST_AT_A_TIME = 4;

const input = document.querySelector('#files');
const list = document.querySelector('#cards');
const count = document.querySelector('#count');
const news = document.querySelector('#news');
const samples = document.querySelector('#samples');

const cards = [];
const waiting = [];
let running = 0;

input.addEventListener('change', () => {
  add(input.files);
  // Allows to choose the same picture again.
  input.value = '';
});

samples.addEventListener('click', async () => {
  // Not `disabled`, which would take the focus from the button.
  if (samples.ariaBusy === 'true') {
    return;
  }
  samples.ariaBusy = 'true';
  try {
    const [first] = add(await fetchSamples());
    first.element.focus();
  } catch {
    count.textContent = 'The sample pictures cannot be loaded. Is the sample still running?';
  } finally {
    samples.ariaBusy = 'false';
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
  const added = Array.from(files, (file) => {
    const card = new PictureCard(file, { start: enqueue, changed: showCount, ended: tell });
    cards.push(card);
    list.append(card.element);
    enqueue(card);
    return card;
  });
  if (added.length > 0) {
    showCount();
  }
  return added;
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

function showCount() {
  const inState = (state) => cards.filter((card) => card.state === state).length;
  const parts = [
    [inState('done'), 'done'],
    [inState('running'), 'being made'],
    [inState('waiting'), 'waiting'],
    [inState('cancelled'), 'cancelled'],
    [inState('failed'), 'failed'],
  ];
  const total = `${cards.length} ${cards.length === 1 ? 'picture' : 'pictures'}`;
  const text = parts.filter(([number]) => number > 0).map((part) => part.join(' '));
  count.textContent = `${total}: ${text.join(', ')}.`;
}

/** Announces how a picture ended to screen readers, but not each step. */
function tell(text) {
  news.textContent = text;
}

showWorkers({ tell, lost: (pid) => cards.forEach((card) => card.workerLost(pid)) });
