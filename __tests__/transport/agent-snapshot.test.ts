import { Agent as HttpsAgent } from 'node:https';
import { CONNECTING_METHODS, SETTINGS } from '../../lib/transport/inherited-options.js';
import { AgentSnapshot } from '../../lib/transport/instance-pools.js';

const agentWith = (options = {}) => new HttpsAgent({ keepAlive: true, ca: ['one', 'two'], ...options });

describe('A snapshot of an agent', () => {
  it('is of that agent as long as nothing is changed, and of no other', () => {
    const agent = agentWith();
    const snapshot = new AgentSnapshot(agent);
    expect([snapshot.isOf(agent), snapshot.isOf(agentWith()), snapshot.isOf(undefined)]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it.each([...CONNECTING_METHODS, ...SETTINGS, 'keepAlive', 'maxFreeSockets'])(
    'notices another %s',
    (name) => {
      const agent = agentWith();
      const snapshot = new AgentSnapshot(agent);
      Object.assign(agent, { [name]: () => {} });
      expect(snapshot.isOf(agent)).toBe(false);
    },
  );

  it.each<[string, (agent: HttpsAgent) => void]>([
    ['that is added', ({ options }) => Object.assign(options, { lookup: () => {} })],
    ['that is changed', ({ options }) => Object.assign(options, { keepAlive: false })],
    ['that is taken away', ({ options }) => Reflect.deleteProperty(options, 'ca')],
    ['of which a list grows', ({ options }) => (options.ca as string[]).push('three')],
    [
      'of which a list has another item',
      ({ options }) => Object.assign(options.ca as string[], { 1: 'three' }),
    ],
    ['with all others', (agent) => Object.assign(agent, { options: {} })],
    ['that is none: a listener for keys', (agent) => agent.on('keylog', () => {})],
  ])('notices an option %s', (_change, change) => {
    const agent = agentWith();
    const snapshot = new AgentSnapshot(agent);
    change(agent);
    expect(snapshot.isOf(agent)).toBe(false);
  });

  it('takes an equal list for the same', () => {
    const agent = agentWith();
    const snapshot = new AgentSnapshot(agent);
    agent.options.ca = ['one', 'two'];
    expect(snapshot.isOf(agent)).toBe(true);
  });

  it('may be of none, or of something that is no agent', () => {
    for (const none of [undefined, null, 'agent', {}]) expect(new AgentSnapshot(none).isOf(none)).toBe(true);
  });
});
