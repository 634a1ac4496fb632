require('./scenario.cjs')(require('axios'), require('axios-policy'));
