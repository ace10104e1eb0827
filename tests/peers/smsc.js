// The carrier as npm `smpp` speaks it: same HTTP ways as deploy/local/carrier, so that one suite of tests runs over both.
// Prints one line with its ports when it is ready. For tests only: it holds everything in memory and trusts its caller.
'use strict';
const http = require('http');
const smpp = require('smpp');

const faults = {mute: 0, throttle: 0};
const counts = {parts: 0, throttled: 0, acknowledged: 0, binds: 0};
const handsets = {};
const open = {};
const sessions = new Set();
let nextId = 1000;

function receipt(session, pdu, id) {
  const text = `id:${id} sub:001 dlvrd:001 submit date:2602010900 done date:2602010905 stat:DELIVRD err:000 text:`;
  session.deliver_sm({
    source_addr: pdu.destination_addr, destination_addr: pdu.source_addr, esm_class: 4, short_message: text,
    receipted_message_id: String(id), message_state: 2,
  }, () => { counts.acknowledged += 1; });
}

function arrive(pdu) {
  const {udh, message} = pdu.short_message;
  let text = message;
  if (udh && udh.length) {
    const head = Buffer.isBuffer(udh) ? udh : udh[0];
    const [reference, total, number] = [...head.subarray(-3)];
    const key = `${pdu.destination_addr}/${reference}/${total}`;
    const parts = open[key] = open[key] || {};
    parts[number] = message;
    if (Object.keys(parts).length < total) return;
    text = Array.from({length: total}, (_, index) => parts[index + 1]).join('');
  }
  (handsets[pdu.destination_addr] = handsets[pdu.destination_addr] || []).push({text, own: false});
}

function submitted(session, pdu) {
  if (faults.throttle > 0) {
    faults.throttle -= 1;
    counts.throttled += 1;
    session.send(pdu.response({command_status: smpp.ESME_RTHROTTLED}));
    return;
  }
  counts.parts += 1;
  arrive(pdu);
  const id = nextId++;
  if (pdu.registered_delivery) receipt(session, pdu, id); // before the answer to the submit: carriers do that
  if (faults.mute > 0) { faults.mute -= 1; return; }
  session.send(pdu.response({message_id: id.toString(16)}));
}

function bound(session, pdu) {
  if (pdu.password !== 'rain') { session.send(pdu.response({command_status: smpp.ESME_RINVPASWD})); return; }
  session.bound = true;
  counts.binds += 1;
  session.send(pdu.response({system_id: 'npm'}));
}

// Parts in reverse order, cut by bytes: a phone may do both.
function incoming(from, text) {
  const data = Buffer.from(text, 'utf16le').swap16();
  const size = data.length <= 140 ? 140 : 134;
  const parts = [];
  for (let at = 0; at < data.length; at += size) parts.push(data.subarray(at, at + size));
  const session = [...sessions].find((one) => one.bound);
  parts.map((part, index) => [part, index + 1]).reverse().forEach(([message, number]) => {
    const udh = parts.length > 1 ? Buffer.from([5, 0, 3, 77, parts.length, number]) : undefined;
    session.deliver_sm({
      source_addr: from, destination_addr: '10690123', data_coding: 8, esm_class: udh ? 0x40 : 0,
      short_message: udh ? {udh, message} : message,
    }, () => { counts.acknowledged += 1; });
  });
}

const server = smpp.createServer((session) => {
  sessions.add(session);
  session.on('close', () => sessions.delete(session));
  session.on('error', () => {});
  session.on('bind_transceiver', (pdu) => bound(session, pdu));
  session.on('submit_sm', (pdu) => submitted(session, pdu));
  session.on('enquire_link', (pdu) => session.send(pdu.response()));
  session.on('unbind', (pdu) => { session.send(pdu.response()); session.close(); });
});

function asked(url, fields) {
  const [, first, number] = url.split('/');
  if (first === 'state') return counts;
  if (first === 'faults') {
    faults.mute = fields.mute || 0;
    faults.throttle = fields.throttle || 0;
    if (fields.cut) sessions.forEach((session) => session.destroy());
    return {set: true};
  }
  if (fields) { incoming(number, fields.text); return {answered: true}; }
  return handsets[number] || [];
}

const control = http.createServer((request, response) => {
  let body = '';
  request.on('data', (data) => { body += data; });
  request.on('end', () => response.end(JSON.stringify(asked(request.url, body ? JSON.parse(body) : undefined))));
});

server.listen(0, '127.0.0.1', () => control.listen(0, '127.0.0.1', () => {
  console.log(`carrier ready smpp=${server.address().port} http=${control.address().port}`);
}));
