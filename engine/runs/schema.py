"""The tables of a run's record, a SQLite database."""

FORMAT = 1  # of the tables; a record of another one is not read

TABLES = """
create table about (            -- one row for each thing that is known of the run
    name text primary key,      -- format, description, data, environment, ...
    value text not null         -- as JSON
) without rowid;

create table metrics (          -- what is measured in each epoch
    number integer primary key, -- its place in a block, from 0 on
    name text not null unique,
    definition text not null    -- direction, format and bounds, as JSON
);

create table branches (         -- the ways that the training took
    number integer primary key,
    name text not null unique,
    parent text not null,       -- the branch that it left; nothing, if it began anew
    first integer not null,     -- the first epoch whose metrics are recorded under its own name
    after text not null,        -- the branch that those before are recorded under; or nothing
    epochs integer not null,    -- how many have been measured in all
    places text not null,       -- where it left its parent, and how far it came, as JSON
    changes text not null,      -- all that was changed on it, in order, as JSON
    state text not null         -- a digest of the state that it came to
);

create table breakpoints (
    number integer primary key,
    condition text not null,
    is_on integer not null,
    held integer not null       -- how often it has held
);

create table blocks (           -- the metrics of some epochs that follow one another
    branch text not null,
    first integer not null,     -- the first of these epochs
    step integer not null,      -- from one of them to the next
    epochs integer not null,
    width integer not null,     -- how many metrics: those with the first numbers
    time real not null,         -- when they were written, in seconds since 1970
    data blob not null,         -- epochs x width float64, little-endian, an epoch after the other
    checksum integer not null   -- CRC-32 of "branch first step epochs width " and the data
);
create index blocks_by_epoch on blocks (branch, first);

create table checkpoints (      -- states to go on from
    number integer primary key,
    branch text not null,
    place text not null,        -- epoch, batch and operation, as JSON
    iteration integer not null,
    time real not null,
    data blob not null,
    checksum text not null      -- SHA-256 of "branch place iteration " and the data
);

create table events (           -- what people did, and what happened, in order
    number integer primary key,
    time real not null,
    branch text not null,
    place text not null,        -- epoch, batch and operation, as JSON
    what text not null,
    detail text not null        -- as JSON
);
"""

# SQLite reads no float64 from a blob: each is put together from its sixteen hexadecimal digits.
_BYTES = " || ".join(f"hex(substr(data, 8 * n + {k}, 1))" for k in range(8, 0, -1))
_DIGITS = {k: f"(instr('123456789ABCDEF', substr(bits, {k}, 1)))" for k in range(1, 17)}
_HIGH = " + ".join(f"{_DIGITS[k]} * {16 ** (3 - k)}" for k in range(1, 4))
_FRACTION = " + ".join(f"{_DIGITS[k]} * {16 ** (16 - k)}" for k in range(4, 17))

VIEW = f"""
create view epochs as           -- branch, epoch, metric, value: a row for each number
with recursive counted (n) as (
    select 0 union all
    select n + 1 from counted where n + 1 < (select max(epochs * width) from blocks)
),
cells as (
    select branch, first + step * (n / width) as epoch, n % width as number, {_BYTES} as bits
    from blocks join counted on n < epochs * width
),
parts as (
    select branch, epoch, number, {_HIGH} as high, {_FRACTION} as fraction from cells
)
select branch, epoch, name as metric,
    case
        when high & 2047 = 2047 and fraction then null
        when high & 2047 = 2047 then 9e999
        when high & 2047 then (1 + fraction / 4503599627370496.0) * pow(2, (high & 2047) - 1023)
        else fraction * pow(2, -1074)
    end * (1 - 2 * (high >> 11)) as value
from parts join metrics using (number);
"""
