package ratelimit

import (
	"context"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"

	"github.com/corpintel/corpintel/cache"
)

// kind is that of the buckets in the cache.
const kind = "rate"

// spendScript takes a cost from a bucket, and a lease if there is enough: a twentieth of the limit, and an eighth of what
// is left at most, in whole units. The bucket is what was spent as of a time in ms; one that is not there is full, and so is
// what cannot be. What is stored is forgotten when the bucket would be full again; one as of a time to come (the clock of
// Redis was set back) fills from now on, also where the cost is refused. It returns whether the cost was taken, the debt,
// and the lease. All but the budget are times minute.
const spendScript = `
local budget, wanted, leasing, now = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
local minute = 60000
if now < 0 then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local debt, at = string.match(redis.call('GET', KEYS[1]) or '', '^(%d+) (%d+)$')
debt, at = tonumber(debt) or 0, tonumber(at) or now
local limit = budget * minute
debt = math.max(0, math.min(debt, limit) - math.min(math.max(now - at, 0), minute) * budget)
local function store()
  redis.call('SET', KEYS[1], string.format('%.0f %.0f', debt, now), 'PX', math.ceil(debt / budget) + 1000)
end
local room = limit - debt - wanted
if room < 0 then
  if at > now then
    store()
  end
  return {0, debt, 0}
end
local lease = 0
if leasing == '1' then
  lease = math.floor(math.min(limit / 20, room / 8) / minute) * minute
end
debt = debt + wanted + lease
store()
return {1, debt, lease}
`

// script is spendScript with what it is run with.
type script struct {
	lua *redis.Script
	now func() int64 // ms, for tests; nil: the time of Redis, which is the same for all servers
}

func newScript() script { return script{lua: redis.NewScript(spendScript)} }

// answer is what the script returns.
type answer struct {
	allowed     bool
	debt, lease int64
}

// errAnswer means that Redis has answered what the script cannot.
var errAnswer = errors.New("an answer that cannot be")

// run asks Redis for what a turn wants.
func (s script) run(ctx context.Context, c *cache.Cache, key string, t *turn) (answer, error) {
	now, leasing := int64(-1), 0
	if s.now != nil {
		now = s.now()
	}
	if t.leasing {
		leasing = 1
	}
	var got []int64
	err := c.Do(ctx, func(ctx context.Context, client redis.UniversalClient) (err error) {
		keys := []string{c.Key(kind, key)}
		got, err = s.lua.Run(ctx, client, keys, t.budget, t.wanted, leasing, now).Int64Slice()
		return err
	})
	if err != nil {
		return answer{}, err
	}
	if len(got) != 3 || got[1] < 0 || got[2] < 0 || got[2] > got[1] {
		return answer{}, fmt.Errorf("%w: %d", errAnswer, got)
	}
	return answer{allowed: got[0] == 1, debt: got[1], lease: got[2]}, nil
}
