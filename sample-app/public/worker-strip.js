const template = document.querySelector('#worker');
const list = document.querySelector('#workers');

/**
 * Shows what each worker process does, each with a button that kills it.
 * @param owner - `tell(text)` announces events; `lost(pid)` is called for a worker that has exited.
 */
export function showWorkers(owner) {
  const strips = new Map();
  const source = new EventSource('workers');
  source.addEventListener('message', ({ data }) => {
    for (const status of JSON.parse(data)) {
      const strip = strips.get(status.number) ?? new WorkerStrip(status, owner);
      strips.set(status.number, strip);
      strip.show(status);
    }
  });
}

class WorkerStrip {
  #element = template.content.cloneNode(true).firstElementChild;
  #status;
  #owner;

  constructor(status, owner) {
    this.#status = status;
    this.#owner = owner;
    this.#find('.kill').addEventListener('click', () => this.#kill());
    list.append(this.#element);
  }

  show(status) {
    const before = this.#status;
    this.#status = status;
    const { number, pid, state, pictures, done } = status;
    const isDown = state === 'down';
    this.#element.dataset.state = state;
    this.#find('.title').textContent = `Worker ${number}`;
    this.#find('.pid').textContent = `pid ${pid}`;
    this.#find('.does').textContent = isDown
      ? 'Exited. A new process replaces it in a few seconds.'
      : pictures.length > 0
        ? pictures.join(', ')
        : 'Waiting for pictures';
    this.#find('.done').textContent = isDown ? '' : `${done} done`;
    const kill = this.#find('.kill');
    kill.setAttribute('aria-label', `Kill worker ${number} (pid ${pid})`);
    // Not `disabled`, which would take the focus from the button.
    kill.setAttribute('aria-disabled', String(isDown));
    kill.hidden = !status.canBeKilled;
    this.#tellChange(before, status);
  }

  #tellChange(before, { number, pid, state }) {
    if (before.state === state) {
      return;
    }
    if (state === 'down') {
      const left =
        before.pictures.length === 0
          ? ''
          : ` Another worker continues with ${before.pictures.join(', ')}.`;
      this.#owner.tell(`Worker ${number} has exited.${left}`);
      this.#owner.lost(before.pid);
    } else {
      this.#owner.tell(`Worker ${number} runs again, with pid ${pid}.`);
    }
  }

  async #kill() {
    const { number, state } = this.#status;
    if (state === 'down') {
      return;
    }
    const response = await fetch(`workers/${number}/kill`, { method: 'POST' }).catch(
      () => undefined,
    );
    if (!response?.ok) {
      this.#owner.tell(`Worker ${number} could not be killed. Is the sample still running?`);
    }
  }

  #find(selector) {
    return this.#element.querySelector(selector);
  }
}
