import { defineConfig } from 'vitepress';

const page = (text, link) => ({ text, link });
const group = (text, items, collapsed = false) => ({ text, collapsed, items });

/** As GitHub and npm make them, so that one link serves all three. */
const slugify = (text) =>
  text
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

export default defineConfig({
  title: 'axios-policy',
  description: 'Time limits, safe retries, pools, proxies and HTTP/2 for an axios instance, with one call.',
  lang: 'en',
  head: [['link', { rel: 'icon', type: 'image/svg+xml', href: '/icon.svg' }]],
  srcDir: '.pages',
  outDir: 'dist',
  markdown: { anchor: { slugify }, toc: { slugify } },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      page('Guides', '/guides'),
      page('Options', '/reference/options'),
      page('Operations', '/operations'),
      page('API', '/api/'),
    ],
    sidebar: [
      page('Start', '/'),
      group('Guides', [
        page('All guides', '/guides'),
        page('Configuration', '/configuration'),
        page('Timeouts', '/timeouts'),
        page('Retries and idempotency', '/retries'),
        page('Pools and idle connections', '/connections'),
        page('Addresses', '/addresses'),
        page('Your agents', '/agents'),
        page('TLS and certificates', '/tls'),
        page('Proxies and redirects', '/proxies-and-redirects'),
        page('HTTP/2', '/http2'),
        page('Storms and the budget', '/storms-and-the-budget'),
        page('Retry-After', '/waiting-hints'),
        page('Downloads and uploads', '/downloads-and-uploads'),
      ]),
      group('Where it runs', [
        page('NestJS', '/nestjs'),
        page('Kubernetes and meshes', '/kubernetes'),
        page('Lambda', '/lambda'),
        page('Browsers and workers', '/browsers'),
        page('SDK authors', '/sdk-authors'),
        page('Beside other packages', '/neighbours'),
        page('Testing', '/testing'),
        page('Compatibility', '/compatibility'),
      ]),
      group('Running it', [
        page('Operations', '/operations'),
        page('Observability', '/observability'),
        page('Errors', '/errors'),
        page('The command', '/commands'),
        page('explain', '/explain'),
        page('Performance', '/performance'),
      ]),
      group('Moving', [
        page('From axios-retry', '/migrating-from-axios-retry'),
        page('From retry-axios', '/migrating-from-retry-axios'),
        page("Python's configuration", '/python-configuration'),
      ]),
      group('Reference', [
        page('Options', '/reference/options'),
        page('Request and metadata', '/reference/request'),
        page('Policy and stats', '/reference/policy'),
        page('Events', '/reference/events'),
        page('Errors', '/reference/errors'),
        page('Channels', '/reference/channels'),
        page('Metrics and spans', '/reference/metrics'),
        page('API', '/api/'),
      ]),
      group(
        'The project',
        [
          page('How it works', '/project/architecture'),
          page('Contributing', '/project/contributing'),
          page('Security', '/project/security'),
          page('Changes', '/project/changelog'),
        ],
        true,
      ),
    ],
  },
});
