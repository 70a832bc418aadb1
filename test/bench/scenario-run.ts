import { SCENARIOS, type Sizes } from './scenarios.ts';

/** One scenario in a process of its own. Arguments: its name, the sizes as JSON. Prints its lines as JSON. */
const [name = '', sizes = '{}'] = process.argv.slice(2);
const lines = await SCENARIOS[name]?.(JSON.parse(sizes) as Sizes);
process.stdout.write(`${JSON.stringify(lines)}\n`);
