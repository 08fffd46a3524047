// SPDX-License-Identifier: Apache-2.0
// The lab's page. The lab sends its state and the text of serial lines as events; every button is one POST, and
// what it did comes back as the next state. A screen is noVNC on the emulator's own websocket.

import RFB from './novnc/core/rfb.js';

const TEXT_MAX = 200000; // characters of a terminal that are kept
const RETRY_MS = 500;
const ICONS = {
  power: 'M12 3v8M6.5 6.5a8 8 0 1 0 11 0',
  restart: 'M20 12a8 8 0 1 1-2.5-5.8M20 3v4.5h-4.5',
  cable: 'M9 3v5M15 3v5M6.5 8h11v3.5a5.5 5.5 0 0 1-11 0zM12 17v4',
};
const devices = new Map();
let state = null;

const byId = (id) => document.getElementById(id);

function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  svg.setAttribute('viewBox', '0 0 24 24');
  for (const [key, value] of Object.entries({
    d: ICONS[name], fill: 'none', stroke: 'currentColor', 'stroke-width': 2, 'stroke-linecap': 'round',
    'stroke-linejoin': 'round',
  })) {
    path.setAttribute(key, value);
  }
  svg.append(path);
  return svg;
}

function notice(text) {
  byId('notice').textContent = text;
  byId('notice').hidden = !text;
}

async function act(word, ...words) {
  try {
    const answer = await fetch(`api/${word}`, {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ arguments: words }),
    });
    notice(answer.ok ? '' : (await answer.json()).error);
  } catch {
    notice('The lab does not answer: ./nx lab starts it again.');
  }
}

// One screen: connects when the device has a port, and again when that changes or the connection breaks.
class Screen {
  constructor(glass) {
    this.glass = glass;
    this.port = null;
  }

  follow(port) {
    if (port === this.port) return;
    this.port = port;
    this.drop();
    if (port) this.connect();
  }

  drop() {
    clearTimeout(this.timer);
    const { rfb, target } = this;
    this.rfb = this.target = null;
    rfb?.disconnect();
    target?.remove();
  }

  connect() {
    this.drop();
    this.target = document.createElement('div');
    this.target.className = 'screen';
    this.glass.prepend(this.target);
    const rfb = new RFB(this.target, `ws://${location.hostname}:${this.port}/`, { shared: true });
    rfb.scaleViewport = true;
    rfb.background = 'transparent';
    rfb.qualityLevel = 9;
    rfb.compressionLevel = 0;
    const { target } = this;
    rfb.addEventListener('connect', () => target.classList.add('shown'));
    rfb.addEventListener('disconnect', () => {
      if (this.rfb === rfb && this.port) this.timer = setTimeout(() => this.connect(), RETRY_MS);
    });
    this.rfb = rfb;
  }
}

// The text of a serial line and a line to type.
class Terminal {
  constructor(glass, name) {
    glass.prepend(byId('terminal').content.cloneNode(true));
    this.paper = glass.querySelector('.paper');
    this.pre = glass.querySelector('pre');
    const form = glass.querySelector('.line');
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      act('serial', name, `${form.elements[0].value}\n`);
      form.elements[0].value = '';
    });
    this.paper.addEventListener('click', () => {
      if (getSelection().isCollapsed) form.elements[0].focus();
    });
  }

  show(text, fresh) {
    const { paper, pre } = this;
    const atEnd = paper.scrollHeight - paper.scrollTop - paper.clientHeight < 24;
    const whole = (fresh ? '' : pre.textContent) + text.replaceAll('\r', '');
    pre.textContent = whole.slice(-TEXT_MAX);
    if (atEnd || fresh) paper.scrollTop = paper.scrollHeight;
  }
}

// A device on the table: its head, and a screen or a terminal.
class Device {
  constructor(facts) {
    this.name = facts.name;
    this.root = byId('device').content.firstElementChild.cloneNode(true);
    this.root.dataset.device = facts.name;
    this.part = (name) => this.root.querySelector(name);
    this.part('h2').textContent = facts.name;
    const [width, height] = facts.display ?? [];
    this.part('.form').textContent = [
      facts.name === facts.form ? '' : facts.form, width ? `${width} × ${height}` : `no screen, ${facts.memory} MiB`,
    ].filter(Boolean).join(', ');
    this.part('h2').title = this.part('.form').textContent;
    this.root.classList.add(!width ? 'terminal' : width > height ? 'wide' : 'tall');
    if (width) this.root.style.setProperty('--ratio', width / height);
    this.screen = width ? new Screen(this.part('.glass')) : null;
    this.terminal = width ? null : new Terminal(this.part('.glass'), facts.name);
    for (const name of Object.keys(ICONS)) this.part(`.icon.${name}`).append(icon(name));
    this.part('.power').addEventListener('click', () => this.power(this.facts.running ? 'off' : 'on'));
    this.part('.on').addEventListener('click', () => this.power('on'));
    this.part('.restart').addEventListener('click', () => this.power('restart'));
    this.part('.cable').addEventListener('click',
      () => act('net', this.facts.link?.cut ? 'heal' : 'cut', this.name));
  }

  async power(action) {
    this.part('.power').disabled = this.part('.restart').disabled = true;
    await act('power', this.name, action);
    this.part('.power').disabled = false;
    this.show(this.facts, state.network);
  }

  show(facts, network) {
    this.facts = facts;
    const cut = network.cut || facts.link?.cut;
    const phase = facts.up ? 'up' : facts.running ? 'starting' : 'off';
    for (const name of ['up', 'starting', 'off']) this.root.classList.toggle(name, name === phase);
    this.root.classList.toggle('unplugged', Boolean(facts.running && cut));
    this.part('.link').textContent = { up: cut ? 'cut off' : 'connected', starting: 'starting', off: 'off' }[phase];
    this.part('.cover p').textContent = phase === 'off' ? `${facts.name} is off` : 'Starting…';
    const power = this.part('.power'), cable = this.part('.cable');
    power.title = facts.running ? 'Switch off' : 'Switch on';
    power.setAttribute('aria-label', `${power.title}: ${facts.name}`);
    cable.title = facts.link?.cut ? 'Plug the network cable in' : 'Pull the network cable';
    cable.setAttribute('aria-label', `${cable.title}: ${facts.name}`);
    cable.setAttribute('aria-pressed', String(Boolean(facts.link?.cut)));
    this.part('.restart').setAttribute('aria-label', `Restart: ${facts.name}`);
    this.part('.restart').disabled = !facts.running;
    this.screen?.follow(facts.screenPort);
  }
}

function slider(id, unit, value) {
  const input = byId(id);
  if (document.activeElement !== input || input.dataset.settled) input.value = value;
  input.style.setProperty('--fill', `${(input.value / input.max) * 100}%`);
  byId(`${id}-text`).value = `${Math.round(input.value)} ${unit}`;
}

function showNetwork(network) {
  byId('network').classList.toggle('cut', network.cut);
  byId('connected').setAttribute('aria-checked', String(!network.cut));
  byId('connected-text').textContent = network.cut ? 'Network cut' : 'Network connected';
  slider('loss', '%', network.loss);
  slider('delay', 'ms', network.delay);
}

function show(next) {
  state = next;
  notice('');
  for (const facts of next.devices) {
    if (!devices.has(facts.name)) {
      const device = new Device(facts);
      devices.set(facts.name, device);
      byId(facts.display && facts.display[0] < facts.display[1] ? 'talls' : 'wides').append(device.root);
    }
    devices.get(facts.name).show(facts, next.network);
  }
  showNetwork(next.network);
}

function follow() {
  const events = new EventSource('api/events');
  events.addEventListener('state', (event) => show(JSON.parse(event.data)));
  events.addEventListener('serial', (event) => {
    const { device, text, fresh } = JSON.parse(event.data);
    devices.get(device)?.terminal?.show(text, fresh);
  });
  events.addEventListener('error', () => notice('The lab has ended: ./nx lab starts it again.'));
}

// Healing takes loss and delay away, too, so the switch sets them again.
byId('connected').addEventListener('click', async () => {
  const { cut, loss, delay, jitter } = state.network;
  if (cut) await act('net', 'heal', `loss=${loss}`, `delay=${delay}`, `jitter=${jitter}`);
  else await act('net', 'cut');
});
for (const [id, unit] of [['loss', '%'], ['delay', 'ms']]) {
  byId(id).addEventListener('input', () => slider(id, unit, byId(id).value));
  byId(id).addEventListener('change', () => act('net', `${id}=${byId(id).value}`));
}
byId('network').addEventListener('submit', (event) => event.preventDefault());

follow();
