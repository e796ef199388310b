// The colour maps of palette.py, 25 shades each from sparse to dense: modules.py makes this.
const RAMPS = {
  viridis: '44015446136148206f472d7a4439814045873c518a375d8c31688e2e728e2a7c8e25868e23908c209b8a25a4862dae8035b7794dc06f62c86278d05494d647addc34c8e02ae3e428fde725',
  magma: '0000040302160e082d1d10442e11593e106f4f1479601b7d721f81822681932c80a4327eb53879c73e73d6496de35566f1605df67561fa8965fd9d6dfeb07afec488fed799feeaacfcfdbf',
  turbo: '30123b3c307a434db64669dc4384f23b9efb2bb9e91bd2d11fe3b738f09a59f97881fc5ba4fc3bc0f037d8e335eccf39f7b836fd9f2ef98022f16014e2470bcf3104b81f029a10027a0402',
  grey: 'fffffff1f1f1e3e3e3d6d6d6c8c8c8bbbbbbaeaeaea1a1a19494948787877b7b7b6f6f6f6363635757574c4c4c4141413636362c2c2c2222221818180f0f0f060606020202000000000000',
  ink: 'fbf7eef2f0ebeaeae7e1e3e4d9dde0cad3dabcc8d4adbece9fb4c88ea7c07e9ab86d8db05d80a851749f4567953a5b8c2f4f83294577233c6c1d3360172a5514244b111e420e18390b1230',
  sunset: '1b134025164b2f1857391b63471e6c5821746a237b7d25828e2a81a12e7fb4317dc33977d04270de4a67ea555eef645bf57256fa8051fc9054fda05afdaf5ffdbe6bfecb7efed990fee6a2',
  lagoon: 'f4f1e4e8eddfdbe9d9cee6d4bee0cfabdac998d3c483cbbe71c1ba5eb6b649acb13ca0ac3194a62788a01f7b9a1f6f921e62891d56811d4a761c3e6a1b325f19285317204815173d120f33',
  psychedelic: '2b0a5c490a976a00d69d1dc8d400b8e92791ff2e63ff6549ff8a00ffb900ffe600bae4215ee02e3ed57a00c9a700b3d60098ff2e67ec3a2bd87228d1a300c9cf30b4ff3d9aff90c4ffd0f0',
};

export const paletteNames = Object.keys(RAMPS);

// The shades of a map as [r, g, b] in 0..255; with '-r' appended to its name, the other way round.
export function paletteShades(name) {
  const turned = name.endsWith('-r'), ramp = RAMPS[turned ? name.slice(0, -2) : name];
  const shades = ramp.match(/.{6}/g).map((code) => [0, 2, 4].map((at) => parseInt(code.slice(at, at + 2), 16)));
  return turned ? shades.reverse() : shades;
}
