package main

import "math"

// kind is how an SLI is written and exposed.
type kind struct {
	name    string
	sli     string
	object  string // the objective as written
	budget  float64
	counted bool  // events are counted, and not looked at
	lag     int64 // how far behind its own ranges leave it
	bad     string
	total   string // selectors of counters, for the forms that others use
}

var kinds = map[string]kind{
	"events": {
		name: "events", object: "99.9%", budget: 0.001, counted: true,
		sli:   `{ total: 'http_requests_total{job="shop"}', bad: 'http_requests_total{job="shop",code=~"5.."}' }`,
		total: `http_requests_total{job="shop"}`, bad: `http_requests_total{job="shop",code=~"5.."}`,
	},
	"latency": {
		name: "latency", object: "P99.9 < 500ms", budget: 0.001, counted: true,
		sli: `{ latency: 'http_request_duration_seconds{job="shop"}' }`,
	},
	"native": {
		name: "native", object: "P99.9 < 500ms", budget: 0.001, counted: true,
		sli: `{ latency: 'http_request_duration_seconds{job="shop"}', histogram: native }`,
	},
	"condition": {name: "condition", object: "99%", budget: 0.01, sli: `{ condition: 'queue_length{job="shop"} < 100' }`},
	"probe":     {name: "probe", object: "99%", budget: 0.01, sli: `{ probe: 'probe_success{job="shop"}' }`},
	"freshness": {name: "freshness", object: "99% < 60s", budget: 0.01, sli: `{ freshness: 'last_success_timestamp_seconds{job="shop"}' }`},
	"raw": {
		name: "raw", object: "99%", budget: 0.01, counted: true, lag: minute,
		sli: `{ bad_ratio: 'sum(rate(http_requests_total{job="shop",code=~"5.."}[$window])) / sum(rate(http_requests_total{job="shop"}[$window]))' }`,
	},
}

// tier is a pair of windows; the bench knows the policy that it writes and derives the rest itself.
type tier struct {
	severity    string
	share       float64
	long, short int64
}

// policy is a period with the tiers that are promised over it.
type policy struct {
	period int64
	tiers  []tier
}

var (
	workbook = policy{30 * day, []tier{
		{"page", 0.02, hour, 5 * minute}, {"page", 0.05, 6 * hour, 30 * minute},
		{"ticket", 0.1, day, 2 * hour}, {"ticket", 0.1, 3 * day, 6 * hour},
	}}
	// The burn rates of the workbook over a week, so that a run sees periods end.
	week = policy{7 * day, []tier{
		{"page", 0.1, hour, 5 * minute}, {"page", 0.2, 6 * hour, 30 * minute},
		{"ticket", 0.4, day, 2 * hour}, {"ticket", 0.43, 3 * day, 6 * hour},
	}}
	// As much of it as a day holds.
	oneDay = policy{day, []tier{
		{"page", 0.6, hour, 5 * minute}, {"page", 0.9, 6 * hour, 30 * minute}, {"ticket", 0.9, 12 * hour, 2 * hour},
	}}
)

func (t tier) burnRate(p policy) float64 { return t.share * float64(p.period) / float64(t.long) }

// everyone stands for all instances.
const everyone = -1

type restart struct {
	at       int64
	instance int
}

// outage is a time in which a share of the events is bad, and how fast alerts must tell.
type outage struct {
	span
	share float64
}

// scenario is what happens, and how it is watched.
type scenario struct {
	name      string
	kind      kind
	policy    policy
	scrape    int64
	latency   int64 // how long a scrape takes
	instances int
	length    int64
	by        string
	unborn    bool
	traffic   func(instance int, at int64) (perSecond, badShare float64)
	restarts  []restart
	expired   map[int][]span // error series that are not exposed, while there are no errors; one that comes back may count one event
	unscraped map[int][]span // targets that cannot be reached
	stopped   []span         // Prometheus does not run
	idle      []span         // rules are not evaluated
	outages   []outage       // for the table of delays
	loses     string         // why events are lost that scrapes show, if they are
	short     bool
	// What is done to the compiled rules, and with the storage in the end.
	edit    func(rules string) string
	inspect func(*server, *world, map[string][]int64)
}

func dayAndNight(at int64) float64 {
	return 10 + 9.5*math.Sin(2*math.Pi*float64(at%day)/float64(day)-math.Pi/2)
}

// steadily is traffic with a little background of errors and outages in it.
func steadily(rate, background float64, outages ...outage) func(int, int64) (float64, float64) {
	return shaped(func(int64) float64 { return rate }, background, outages...)
}

func shaped(rate func(int64) float64, background float64, outages ...outage) func(int, int64) (float64, float64) {
	return func(_ int, at int64) (float64, float64) {
		for _, o := range outages {
			if o.holds(at) {
				return rate(at), o.share
			}
		}
		return rate(at), background
	}
}

func during(from, length int64, share float64) outage {
	return outage{span{from, from + length}, share}
}

func from(at, length int64) span { return span{at, at + length} }

// scenarios are all that is played. Offsets are odd, so that nothing happens just when a scrape or an evaluation does.
func scenarios() []*scenario {
	night, noon := during(day+3*hour+7*second, 40*minute, 0.5), during(2*day+12*hour+11*second, 25*minute, 0.2)
	all := []*scenario{
		{name: "day and night, outages at 3 and at 12", short: true, policy: oneDay, length: 34 * hour,
			traffic: shaped(dayAndNight, 0.0002, during(3*hour+7*second, 40*minute, 0.5), during(12*hour+11*second, 25*minute, 0.2))},
		{name: "a slow leak", policy: week, length: 9 * day, traffic: func(_ int, at int64) (float64, float64) {
			return 10, 0.0001 + 0.004*math.Max(0, float64(at-4*day)/float64(5*day))
		}},
		{name: "15 minutes without traffic", policy: week, length: 8 * day, traffic: func(_ int, at int64) (float64, float64) {
			if at%day >= 4*hour && at%day < 4*hour+15*minute {
				return 0, 0
			}
			return 10, 0.0005
		}},
		{name: "an error series born with its first error", policy: week, length: 4 * day, unborn: true,
			traffic: steadily(10, 0, during(2*day+hour, 90*second, 1), during(3*day, 45*minute, 0.1))},
		{name: "error series expire and come back after 6 minutes, 20 and 3 hours", short: true, policy: oneDay, length: 18 * hour,
			traffic: steadily(10, 0, during(hour, 5*minute, 0.2), during(6*hour+30*minute, 2*minute, 0.1), during(12*hour, 25*minute, 0.2)),
			expired: map[int][]span{0: {from(2*hour+7*second, 6*minute), from(7*hour+11*second, 20*minute)}, 1: {from(2*hour+13*second, 20*minute)}, 2: {from(3*hour+3*second, 3*hour)}}},
		{name: "counter resets of single instances", policy: week, length: 4 * day, traffic: steadily(10, 0.0005, during(2*day, hour, 0.05)),
			restarts: []restart{{day + 7*hour + 3*second, 0}, {day + 9*hour + 17*second, 1}, {2*day + 20*minute + 5*second, 2}, {3*day + 4*second, 3}, {3*day + 90*minute, 0}}},
		{name: "10 minutes unscraped, in health and in an outage", short: true, policy: oneDay, length: 18 * hour, traffic: steadily(10, 0.0005, during(12*hour, 40*minute, 0.5)),
			unscraped: map[int][]span{everyone: {from(9*hour+13*second, 10*minute), from(12*hour+11*minute+13*second, 10*minute)}}},
		{name: "10 minutes unscraped, at an outage's end", policy: week, length: 3 * day, traffic: steadily(10, 0.0005, during(2*day, 40*minute, 0.5)),
			unscraped: map[int][]span{everyone: {from(2*day+35*minute+13*second, 10*minute)}}},
		{name: "20 minutes unscraped, within an outage", policy: week, length: 3 * day, traffic: steadily(10, 0.0005, during(2*day, hour, 0.5)),
			unscraped: map[int][]span{everyone: {from(2*day+11*minute+13*second, 20*minute)}},
			loses:     "no more than 15 minutes are made good"},
		{name: "Prometheus restarts, in health and in an outage", short: true, policy: oneDay, length: 18 * hour, traffic: steadily(10, 0.0005, during(12*hour, 30*minute, 0.5)),
			stopped: []span{from(9*hour+41*second, 3*minute), from(12*hour+10*minute+41*second, 3*minute), from(14*hour+2*second, 9*minute)}},
		{name: "evaluations missed, in health and in an outage", short: true, policy: oneDay, length: 18 * hour, traffic: steadily(10, 0.0005, during(12*hour, 30*minute, 0.5)),
			idle: []span{from(12*hour+4*minute+1*second, 2*minute), from(12*hour+20*minute+5*second, 6*minute), from(15*hour+7*second, 12*minute)}},
		{name: "one of four instances unscraped for 4 and 12 minutes", policy: week, length: 2 * day, traffic: steadily(10, 0.0005, during(day, hour, 0.1)),
			unscraped: map[int][]span{1: {from(day+20*minute+3*second, 4*minute), from(day+8*hour, 12*minute)}}},
		{name: "a few events an hour", policy: week, length: 9 * day, instances: 2, traffic: func(i int, at int64) (float64, float64) {
			if at > 5*day && at < 5*day+6*hour {
				return 0.0006, 0.6
			}
			return 0.0006, 0
		}},
		{name: "scraped every 10s", policy: week, length: 2 * day, scrape: 10 * second, traffic: steadily(10, 0.0005, during(day+hour+second, 50*minute, 0.2))},
		{name: "scraped every 30s", policy: week, length: 2 * day, scrape: 30 * second, traffic: steadily(10, 0.0005, during(day+hour+second, 50*minute, 0.2))},
		{name: "scraped every 60s", policy: week, length: 2 * day, scrape: 60 * second, traffic: steadily(10, 0.0005, during(day+hour+second, 50*minute, 0.2))},
		{name: "scraped every 60s, 10 minutes unscraped", short: true, policy: oneDay, length: 16 * hour, scrape: 60 * second, instances: 8,
			traffic: steadily(10, 0.0005, during(12*hour+second, 50*minute, 0.2)), unscraped: map[int][]span{everyone: {from(12*hour+30*minute, 10*minute)}}},
		{name: "scrapes that take a second", policy: week, length: 2 * day, instances: 20, latency: second, traffic: steadily(2, 0.0005, during(day+hour+second, 50*minute, 0.2))},
		{name: "an SLO with by", policy: week, length: 3 * day, by: "region", traffic: func(i int, at int64) (float64, float64) {
			if i%2 == 1 && at >= 2*day && at < 2*day+30*minute {
				return 10, 0.5
			}
			return 10, 0.0005
		}},
		{name: "latency, classic", policy: week, length: 3 * day, kind: kinds["latency"], traffic: shaped(dayAndNight, 0.0005, during(2*day+3*hour, 40*minute, 0.3))},
		{name: "latency, native", policy: week, length: 3 * day, kind: kinds["native"], traffic: shaped(dayAndNight, 0.0005, during(2*day+3*hour, 40*minute, 0.3))},
		{name: "condition", policy: week, length: 3 * day, kind: kinds["condition"], traffic: steadily(1, 0, during(2*day+second, 40*minute, 1), during(2*day+12*hour, 3*minute, 1))},
		{name: "probe", policy: week, length: 3 * day, kind: kinds["probe"], traffic: steadily(1, 0, during(2*day+second, 40*minute, 1)), stopped: []span{from(2*day+20*minute+41*second, 3*minute)}},
		{name: "freshness", policy: week, length: 3 * day, kind: kinds["freshness"], traffic: steadily(1, 0, during(2*day+second, 40*minute, 1))},
		{name: "raw, with steady traffic", policy: week, length: 3 * day, kind: kinds["raw"], traffic: steadily(10, 0.0005, during(2*day+second, 40*minute, 0.6))},
		delays("all events bad, after half a day", true, oneDay, 1, 40*minute),
		delays("all events bad", false, workbook, 1, 40*minute),
		delays("10 % bad", false, workbook, 0.1, 2*hour),
		delays("1 % bad", false, workbook, 0.01, 10*hour),
		{name: "a month by day and night", policy: workbook, length: 33 * day, instances: 2,
			traffic: shaped(dayAndNight, 0.0002, night, noon, during(16*day+3*hour, hour, 0.3))},
	}
	for _, s := range all {
		if s.kind.name == "" {
			s.kind = kinds["events"]
		}
		if s.scrape == 0 {
			s.scrape = 15 * second
		}
		if s.latency == 0 {
			s.latency = 50
		}
		if s.instances == 0 {
			s.instances = 4
		}
	}
	return all
}

// delays is health for as long as the longest window, an outage, and the time until everything is silent again.
func delays(name string, short bool, policy policy, share float64, length int64) *scenario {
	healthy := int64(0)
	for _, t := range policy.tiers {
		if t.long > healthy {
			healthy = t.long
		}
	}
	o := during(healthy+hour+second, length, share)
	return &scenario{name: name, short: short, policy: policy, instances: 2, length: o.to + 6*hour + 30*minute,
		traffic: steadily(20, 0, o), outages: []outage{o}}
}
