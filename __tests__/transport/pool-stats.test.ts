import { HttpAgent } from 'agentkeepalive';
import { poolStats } from '../../lib/transport/pools.js';

/** An agent that holds these many connections under the names Node gives to pools. */
function agentWith(
  lists: Partial<Record<'sockets' | 'freeSockets' | 'requests', Record<string, number>>>,
): HttpAgent {
  const agent = new HttpAgent();
  for (const [list, counts] of Object.entries(lists)) {
    const entries = Object.entries(counts).map(([name, length]) => [name, Array.from({ length })]);
    Object.assign(agent, { [list]: Object.fromEntries(entries) });
  }
  return agent;
}

describe('The pools of an agent', () => {
  it('are listed by origin', () => {
    const agent = agentWith({
      sockets: { 'a.test:443:::::::': 2, 'b.test:8443:': 1 },
      freeSockets: { 'a.test:443:::::::': 3 },
      requests: { 'b.test:8443:': 4 },
    });
    expect(poolStats('https', agent)).toEqual([
      { origin: 'https://a.test:443', active: 2, idle: 3, pending: 0 },
      { origin: 'https://b.test:8443', active: 1, idle: 0, pending: 4 },
    ]);
  });

  it('are one where Node keeps several of an origin, by address family or local address', () => {
    const agent = agentWith({ sockets: { 'a.test:80:': 1, 'a.test:80:127.0.0.1': 1, 'a.test:80::4': 1 } });
    expect(poolStats('http', agent)).toEqual([
      { origin: 'http://a.test:80', active: 3, idle: 0, pending: 0 },
    ]);
  });

  it.each([
    ['::1:8080:', 'http://[::1]:8080'],
    ['2001:db8::7:80:', 'http://[2001:db8::7]:80'],
    ['::1:8080:::1:6', 'http://[::1]:8080'],
    ['2001:1::7:80:', 'http://[2001:1::7]:80'],
    ['1::2:3:443:::::::', 'http://[1::2:3]:443'],
    ['1:2:3:4:5:6:7:8:80::6', 'http://[1:2:3:4:5:6:7:8]:80'],
    ['fe80::1:443:fe80::2:', 'http://[fe80::1]:443'],
    ['localhost:::/tmp/a.sock', 'unix:/tmp/a.sock'],
    ['::1:80::/tmp/a.sock', 'unix:/tmp/a.sock'],
    ['a.test:80:127.0.0.1:4:/tmp/a.sock', 'unix:/tmp/a.sock'],
    ['a.test:443::::-----BEGIN CERTIFICATE-----/a:', 'http://a.test:443'],
    ['odd', 'http://odd'],
  ])('know the origin of the pool %s', (name, origin) => {
    expect(poolStats('http', agentWith({ freeSockets: { [name]: 1 } }))[0]?.origin).toBe(origin);
  });

  it('are none when there are no connections', () => {
    expect(poolStats('http', new HttpAgent())).toEqual([]);
  });
});
