package main

// What happens to a service, second by second, and what scrapes show of it. Every event is counted here, so that every ratio is known.

import (
	"fmt"
	"math"
	"sort"

	"github.com/prometheus/prometheus/model/histogram"
)

const (
	second = int64(1000)
	minute = 60 * second
	hour   = 60 * minute
	day    = 24 * hour
)

// begin is midnight of a day in 2023; scenarios count from it.
const begin = int64(1_700_006_400_000)

// span is a part of a scenario's time, in milliseconds from its beginning.
type span struct{ from, to int64 }

func (s span) holds(t int64) bool { return t >= s.from && t < s.to }

func within(spans []span, t int64) bool {
	for _, s := range spans {
		if s.holds(t) {
			return true
		}
	}
	return false
}

// steps is what was counted, as it became known.
type steps struct {
	times      []int64
	total, bad []float64
}

func (s *steps) add(at int64, total, bad float64) {
	last := len(s.times) - 1
	if last >= 0 {
		total, bad = total+s.total[last], bad+s.bad[last]
	}
	if last >= 0 && s.times[last] == at {
		s.total[last], s.bad[last] = total, bad
		return
	}
	s.times, s.total, s.bad = append(s.times, at), append(s.total, total), append(s.bad, bad)
}

// index is that of the last step at or before a moment; -1 before the first.
func (s *steps) index(at int64) int {
	return sort.Search(len(s.times), func(i int) bool { return s.times[i] > at }) - 1
}

func (s *steps) until(at int64) (total, bad float64) {
	index := s.index(at)
	if index < 0 {
		return 0, 0
	}
	return s.total[index], s.bad[index]
}

// window is what was counted after at-length and until at.
func (s *steps) window(at, length int64) (total, bad float64) {
	total, bad = s.until(at)
	before, badBefore := s.until(at - length)
	return total - before, bad - badBefore
}

func ratio(total, bad float64) float64 {
	if total == 0 {
		return 0
	}
	return bad / total
}

// process is one scraped instance.
type process struct {
	index        int
	labels       string
	group        string // the value of the label that is kept, if there is one
	target       *target
	offset       int64 // of its scrapes in the interval
	next         int64
	good, bad    float64 // counters, as whole numbers
	carry        float64
	carryBad     float64
	advanced     int64
	scraped      bool
	seenGood     float64
	seenBad      float64
	failing      bool // the state that gauges show
	lastGood     int64
	visible      int64 // when it was last scraped with success
	lastSeenGood int64 // the last good moment that a scrape has shown
	lastFailed   bool  // the state that was scraped last
	down         bool  // the last scrape failed
}

// world is a scenario while it runs.
type world struct {
	*scenario
	processes []*process
	happened  map[string]*steps // everything, second by second
	seen      map[string]*steps // what scrapes have shown
}

func newWorld(s *scenario) *world {
	w := &world{scenario: s, happened: map[string]*steps{}, seen: map[string]*steps{}}
	for i := 0; i < s.instances; i++ {
		p := &process{index: i, target: newTarget(), lastGood: begin, advanced: begin}
		p.labels = fmt.Sprintf(`job="shop",instance="shop-%d:8000"`, i)
		if s.by != "" {
			p.group = []string{"eu", "us"}[i%2]
			p.labels += fmt.Sprintf(`,%s="%s"`, s.by, p.group)
		}
		// Prometheus spreads its targets over the interval; odd milliseconds, as its hashes give.
		p.offset = int64((float64(i)+0.37)/float64(s.instances)*float64(s.scrape)) | 1
		p.next = begin + p.offset
		w.processes = append(w.processes, p)
		for _, m := range []map[string]*steps{w.happened, w.seen} {
			if m[p.group] == nil {
				m[p.group] = &steps{}
			}
		}
	}
	return w
}

// advance lets every second happen that is over at a moment.
func (w *world) advance(p *process, until int64) {
	for ; p.advanced+second <= until; p.advanced += second {
		at := p.advanced - begin
		for _, restart := range w.restarts {
			if restart.instance == p.index && at <= restart.at && restart.at < at+second {
				p.good, p.bad = 0, 0
				p.seenGood, p.seenBad = 0, 0
			}
		}
		total, share := w.traffic(p.index, at)
		p.carry += total
		happened := math.Floor(p.carry + 1e-9)
		p.carry -= happened
		p.carryBad += happened * share
		bad := math.Min(math.Floor(p.carryBad+1e-9), happened)
		p.carryBad -= bad
		p.good, p.bad = p.good+happened-bad, p.bad+bad
		p.failing = share > 0.5
		if !p.failing {
			p.lastGood = p.advanced + second
		}
		if w.kind.counted {
			w.happened[p.group].addLoose(p.advanced+second, happened, bad)
		} else {
			w.happened[p.group].addLoose(p.advanced+second, 1, map[bool]float64{true: 1}[p.failing])
		}
	}
}

// addLoose is add for processes that advance one after the other: what happened is kept by the second.
func (s *steps) addLoose(at int64, total, bad float64) {
	index := int((at - begin) / second)
	for len(s.times) <= index {
		s.times = append(s.times, begin+int64(len(s.times))*second)
		s.total, s.bad = append(s.total, 0), append(s.bad, 0)
	}
	s.total[index] += total
	s.bad[index] += bad
}

// sum turns what happened in every second into what had happened until then.
func (s *steps) sum() {
	for i := 1; i < len(s.times); i++ {
		s.total[i] += s.total[i-1]
		s.bad[i] += s.bad[i-1]
	}
}

// shows is what a process exposes.
func (w *world) shows(p *process, at int64) page {
	shows := page{values: map[string]float64{fmt.Sprintf("up{%s}", p.labels): 1}, histograms: map[string]*histogram.Histogram{}}
	put := func(name, extra string, v float64) { shows.values[fmt.Sprintf("%s{%s%s}", name, p.labels, extra)] = v }
	state := func(good, bad float64) float64 {
		if p.failing {
			return bad
		}
		return good
	}
	switch w.kind.name {
	case "events", "raw":
		put("http_requests_total", `,code="200"`, p.good)
		if (!w.unborn || p.bad > 0) && !within(w.expired[p.index], at-begin) {
			put("http_requests_total", `,code="500"`, p.bad)
		}
	case "latency":
		for _, le := range []string{"0.1", "0.5", "2.5", "+Inf"} {
			v := p.good
			if le == "2.5" || le == "+Inf" {
				v += p.bad
			}
			put("http_request_duration_seconds_bucket", `,le="`+le+`"`, v)
		}
		put("http_request_duration_seconds_count", "", p.good+p.bad)
		put("http_request_duration_seconds_sum", "", p.good*0.05+p.bad)
	case "native":
		// Of schema 0 the bucket -2 ends at 0.25, the bucket 3 begins at 4.
		shows.histograms[fmt.Sprintf("http_request_duration_seconds{%s}", p.labels)] = &histogram.Histogram{
			Count: uint64(p.good + p.bad), Sum: p.good*0.2 + p.bad*5,
			PositiveSpans:   []histogram.Span{{Offset: -2, Length: 1}, {Offset: 4, Length: 1}},
			PositiveBuckets: []int64{int64(p.good), int64(p.bad) - int64(p.good)},
		}
	case "condition":
		put("queue_length", "", state(50, 150))
	case "probe":
		put("probe_success", "", state(1, 0))
	case "freshness":
		put("last_success_timestamp_seconds", "", float64(p.lastGood)/1000)
	}
	return shows
}

// read scrapes a process and returns what that shows for the first time, and whether it could be reached.
func (w *world) read(s *server, p *process) (total, bad float64, reached bool) {
	at := p.next
	if within(w.unscraped[p.index], at-begin) || within(w.unscraped[everyone], at-begin) {
		// A scrape that fails ends all series.
		p.target.append(s, at, page{values: map[string]float64{fmt.Sprintf("up{%s}", p.labels): 0}})
		p.down = true
		return 0, 0, false
	}
	w.advance(p, at)
	p.target.append(s, at, w.shows(p, at))
	p.down, p.visible, p.lastFailed, p.lastSeenGood = false, at, p.failing, p.lastGood
	total, bad = p.good+p.bad-p.seenGood-p.seenBad, p.bad-p.seenBad
	p.seenGood, p.seenBad = p.good, p.bad
	if !p.scraped {
		// What a target did before it was known is nobody's.
		p.scraped = true
		return 0, 0, true
	}
	return total, bad, true
}

// look counts the states that can be seen now.
func (w *world) look(at int64) {
	for _, p := range w.processes {
		if p.down || p.visible == 0 || at-p.visible >= 5*minute {
			continue
		}
		failed := p.lastFailed
		if w.kind.name == "freshness" {
			failed = float64(at-p.lastSeenGood)/1000 >= 60
		}
		w.seen[p.group].add(at, 1, map[bool]float64{true: 1}[failed])
	}
}
