const template = document.querySelector('#card');

/** One picture: uploads it, shows how far its worker is, and lets go of both when it is cancelled. */
export class PictureCard {
  element = template.content.cloneNode(true).firstElementChild;
  state = 'waiting';
  #stop = () => undefined;
  #owner;
  #file;

  /** @param owner - `start(card)` runs it when there is a place, `changed()` hears of a new state. */
  constructor(file, owner) {
    this.#file = file;
    this.#owner = owner;
    this.#find('.name').textContent = file.name;
    this.#find('.name').title = file.name;
    this.#find('.size').textContent = sizeOf(file.size);
    this.#find('progress').setAttribute('aria-label', `Progress of ${file.name}`);
    this.#find('.cancel').setAttribute('aria-label', `Cancel ${file.name}`);
    this.#find('.again').setAttribute('aria-label', `Start ${file.name} again`);
    const preview = this.#find('.preview');
    preview.src = URL.createObjectURL(file);
    preview.addEventListener('error', () => this.#find('.frame').classList.add('empty'));
    this.#find('.cancel').addEventListener('click', () => this.#cancel());
    this.#find('.again').addEventListener('click', () => this.#again());
    this.#enter('waiting', 'Waiting for its turn');
  }

  /** Resolves when there is nothing more to come, however it ended. */
  async run() {
    this.#enter('running', 'Uploading');
    const upload = new AbortController();
    this.#stop = () => upload.abort();
    try {
      const id = await this.#upload(upload.signal);
      await this.#follow(id);
    } catch (error) {
      if (this.state === 'running') {
        this.#fail({ message: error.message, advice: error.advice ?? 'Start again.' });
      }
    }
  }

  async #upload(signal) {
    const response = await fetch('pictures', { method: 'POST', body: this.#file, signal }).catch(
      (error) => {
        throw signal.aborted ? error : new Error('The server does not answer.');
      },
    );
    const answer = await response.json();
    if (!response.ok) {
      throw Object.assign(new Error(answer.message), { advice: 'Choose another picture.' });
    }
    return answer.id;
  }

  #follow(id) {
    return new Promise((resolve) => {
      const source = new EventSource(`pictures/${id}/progress`);
      // The server unsubscribes when the browser goes, and its worker stops.
      this.#stop = () => {
        source.close();
        resolve();
      };
      const end = (show) => (event) => {
        source.close();
        show(event);
        resolve();
      };
      source.addEventListener('progress', ({ data }) => this.#show(JSON.parse(data)));
      source.addEventListener(
        'done',
        end(() => this.#done()),
      );
      source.addEventListener(
        'failed',
        end(({ data }) => this.#fail(JSON.parse(data))),
      );
      source.addEventListener(
        'error',
        end(() =>
          this.#fail({ message: 'The server does not answer any more.', advice: 'Start again.' }),
        ),
      );
    });
  }

  #show({ worker, step, of, doing, made }) {
    const progress = this.#find('progress');
    progress.max = of;
    progress.value = step;
    const chip = this.#find('.worker');
    chip.hidden = false;
    chip.textContent = `worker ${worker.number} (pid ${worker.pid})`;
    this.#say(doing ? `${step} of ${of} · ${doing}` : 'Finishing');
    if (made) {
      this.#addRendition(made);
    }
  }

  #addRendition({ format, width, height, bytes, data }) {
    const file = new Blob([bytesOf(data)], { type: `image/${format}` });
    const link = document.createElement('a');
    link.href = URL.createObjectURL(file);
    link.download = `${this.#file.name}-${width}x${height}.${format}`;
    link.textContent = `${format === 'avif' ? 'AVIF' : 'WebP'} ${width} × ${height}`;
    link.title = sizeOf(bytes);
    const item = document.createElement('li');
    item.append(link);
    const made = this.#find('.made');
    made.hidden = false;
    made.append(item);
    if (format === 'webp') {
      this.#find('.frame').classList.remove('empty');
      this.#find('.preview').src = link.href;
    }
  }

  #done() {
    const count = this.#find('.made').children.length;
    this.#enter('done', `${count} ${count === 1 ? 'file' : 'files'} made`);
  }

  #fail({ message, advice }) {
    const failure = this.#find('.failure');
    failure.hidden = false;
    failure.querySelector('strong').textContent = message;
    failure.querySelector('span').textContent = advice;
    this.#enter('failed', '');
  }

  #cancel() {
    const hadFocus = this.element.contains(document.activeElement);
    this.#enter('cancelled', 'Cancelled: its worker has been told to stop');
    this.#stop();
    if (hadFocus) {
      this.#find('.again').focus();
    }
  }

  #again() {
    this.#find('.made').replaceChildren();
    this.#find('.made').hidden = true;
    this.#find('.failure').hidden = true;
    this.#find('.worker').hidden = true;
    this.#find('progress').removeAttribute('value');
    this.#enter('waiting', 'Waiting for its turn');
    this.#find('.cancel').focus();
    this.#owner.start(this);
  }

  #enter(state, text) {
    this.state = state;
    this.element.dataset.state = state;
    const isOpen = state === 'waiting' || state === 'running';
    this.#find('.cancel').hidden = !isOpen;
    this.#find('.again').hidden = state !== 'cancelled' && state !== 'failed';
    this.#find('progress').hidden = state === 'failed' || state === 'cancelled';
    this.#say(text);
    this.#owner.changed();
  }

  #say(text) {
    this.#find('.doing').textContent = text;
  }

  #find(selector) {
    return this.element.querySelector(selector);
  }
}

const bytesOf = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));

function sizeOf(bytes) {
  return bytes < 1e6
    ? `${Math.max(1, Math.round(bytes / 1e3))} kB`
    : `${(bytes / 1e6).toFixed(1)} MB`;
}
