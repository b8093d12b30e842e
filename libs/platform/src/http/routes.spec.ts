import { Routes } from './routes.ts';

test('the methods of a path come from every pattern that takes it', () => {
  const routes = new Routes();
  routes.add('GET', '/v1/things/:id');
  routes.add(['HEAD', 'DELETE'], '/v1/things/:id');
  routes.add('POST', '/v1/things');
  routes.add('PUT', '/v1/things/special');
  routes.add('GET', '/docs/*');
  routes.add('GET', '/openapi.json');
  expect(routes.methodsOf('/v1/things/7?x=1')).toEqual(['DELETE', 'GET', 'HEAD']);
  expect(routes.methodsOf('/v1/things')).toEqual(['POST']);
  expect(routes.methodsOf('/v1/%74hings')).toEqual(['POST']);
  expect(routes.methodsOf('/v1/things/special')).toEqual(['DELETE', 'GET', 'HEAD', 'PUT']);
  expect(routes.methodsOf('/docs/a/b')).toEqual(['GET']);
  for (const path of ['/v1/things/', '/v1/things/7/8', '/V1/things', '/openapiXjson', '//v1/things', '', '/%zz']) {
    expect([path, routes.methodsOf(path)]).toEqual([path, []]);
  }
});
