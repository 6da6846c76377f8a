// Plays one scenario with known counts on every ruler that a target is written for, at its real speed, and prints what each of them recorded.
package main

import (
	"flag"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

func main() {
	bin := flag.String("bin", "target/engines", "where the programs are")
	slowburn := flag.String("slowburn", "target/debug/slowburn", "the compiler")
	said := flag.String("versions", "", "what the programs are: prometheus=2.42,thanos=…")
	keep := flag.Bool("keep", false, "keep the folder with logs and data")
	only := flag.String("only", "", "words, one of which is in the name of an engine that is played: prometheus,vmalert")
	flag.Parse()
	dir, err := os.MkdirTemp("", "slowburn-engines")
	check(err)
	if *keep {
		fmt.Println("everything is in", dir)
	} else {
		defer os.RemoveAll(dir)
	}
	defer stopAll()
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt, syscall.SIGTERM)
	go func() { <-interrupted; stopAll(); os.Exit(1) }()

	absolute, err := filepath.Abs(*bin)
	check(err)
	compiler, err := filepath.Abs(*slowburn)
	check(err)

	var begun atomic.Int64
	begin := func() time.Time {
		if start := begun.Load(); start != 0 {
			return time.Unix(0, start)
		}
		return time.Now()
	}
	w := world{dir: dir, bin: absolute, exporter: port(), versions: map[string]string{}, post: &post{begun: begin}}
	for _, pair := range strings.Split(*said, ",") {
		if name, version, ok := strings.Cut(pair, "="); ok {
			w.versions[name] = version
		}
	}
	for name, text := range definitions {
		w.write("slos/"+name, text)
	}
	compile := exec.Command(compiler, "compile")
	compile.Dir = dir
	output, err := compile.CombinedOutput()
	if err != nil {
		check(fmt.Errorf("slowburn compile: %v: %s", err, output))
	}

	http.Handle("/write", w.post)
	http.HandleFunc("/", func(answer http.ResponseWriter, request *http.Request) {
		text, ok := exposition(strings.Trim(request.URL.Path, "/"), time.Since(begin()).Seconds())
		if !ok {
			answer.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(answer, text)
	})
	go func() { check(http.ListenAndServe(at(w.exporter), nil)) }()

	var engines []*engine
	add := func(name string, start func() *engine) {
		chosen := *only == ""
		for _, word := range strings.Split(*only, ",") {
			chosen = chosen || word != "" && strings.Contains(strings.ToLower(name), strings.ToLower(word))
		}
		if !chosen {
			return
		}
		e := start()
		if e == nil {
			fmt.Printf("skipped: %s: its programs are not in %s\n", name, absolute)
			return
		}
		e.fired = map[string]bool{}
		engines = append(engines, e)
	}
	add("Prometheus", w.plain)
	add("VictoriaMetrics, vmalert", func() *engine { return w.victoria(false) })
	add("VictoriaMetrics without its flag", func() *engine { return w.victoria(true) })
	add("Thanos Ruler, own storage", func() *engine { return w.thanos(false) })
	add("Thanos Ruler, stateless", func() *engine { return w.thanos(true) })
	add("Mimir", w.mimir)
	add("Cortex", w.cortex)
	if len(engines) == 0 {
		check(fmt.Errorf("there is no engine to play in %s", absolute))
	}
	program, _ := w.binaries("prometheus")
	w.prometheus("late", program[0], global("")+writes(address(w.exporter)+"/write")+w.scrapes("late"))

	begun.Store(time.Now().UnixNano())
	wait := func(until time.Duration) { time.Sleep(time.Until(begin().Add(until))) }
	fmt.Printf("%d engines run; the scenario takes %v\n", len(engines), lasts)
	for _, e := range engines {
		go func(e *engine) {
			for ; ; time.Sleep(10 * time.Second) {
				e.look(time.Since(begin()))
			}
		}(e)
	}
	each := func(moment time.Duration, do func(*engine)) {
		wait(moment)
		var all sync.WaitGroup
		for _, e := range engines {
			all.Add(1)
			go func(e *engine) { do(e); all.Done() }(e)
		}
		all.Wait()
	}
	each(rulerStops, func(e *engine) { e.ruler.stop() })
	each(rulerStarts, func(e *engine) { e.ruler.start() })
	each(replicaStops, func(e *engine) {
		for _, p := range e.replica {
			p.stop()
		}
	})
	each(replicaStarts, func(e *engine) {
		for _, p := range e.replica {
			p.start()
		}
	})
	wait(lasts)
	if wrong := judge(engines); wrong > 0 {
		fmt.Printf("%d of %d engines recorded something else\n", wrong, len(engines))
		stopAll()
		os.Exit(1)
	}
	fmt.Println("every engine recorded what happened")
}

// judge prints what each engine recorded, and says how many of them recorded something else than what happened.
func judge(engines []*engine) int {
	columns := []struct{ title, service, side string }{
		{"events", "web", "total"}, {"bad", "web", "bad"}, {"slow", "slow", "bad"},
		{"pair", "pair", "total"}, {"bad", "pair", "bad"}, {"late", "late", "total"}, {"bad", "late", "bad"},
	}
	row := func(name, version string, figures []string, page, ticket, budget string) {
		fmt.Printf("%-34s %-10s", name, version)
		for _, figure := range figures {
			fmt.Printf(" %7s", figure)
		}
		fmt.Printf(" %6s %7s %s\n", page, ticket, budget)
	}
	happened := func(service, side string) float64 {
		if side == "bad" {
			return truth[service].bad
		}
		return truth[service].total
	}
	// What is left of a budget, in percent.
	left := func(service string) float64 {
		return 100 * (1 - truth[service].bad/truth[service].total/budgets[service])
	}
	percent := func(value float64) string { return strconv.FormatFloat(value, 'f', 1, 64) + "%" }
	written := func(value float64) string { return strconv.FormatFloat(value, 'f', -1, 64) }
	var titles, figures []string
	for _, column := range columns {
		titles = append(titles, column.title)
		figures = append(figures, written(happened(column.service, column.side)))
	}
	row("engine", "version", titles, "page", "ticket", "budget: of web, slow, pair; recorded from")
	row("what happened", "", figures, "yes", "yes", percent(left("web"))+" "+percent(left("slow"))+" "+percent(left("pair")))
	wrong := 0
	for _, e := range engines {
		right := true
		figures = nil
		for _, column := range columns {
			value := e.number(fmt.Sprintf(`sum(sum_over_time(slo:%s_events:increase30s{service="%s"}[45m]))`, column.side, column.service))
			if e.hides && column.service == "late" && math.IsNaN(value) {
				value = 0
			}
			figures = append(figures, written(value))
			expected := happened(column.service, column.side)
			if e.hides && column.service == "late" {
				expected = 0
			}
			slack := 0.0
			if e.chooses && column.service != "late" {
				slack = expected * 0.01
			}
			right = right && math.Abs(value-expected) <= slack
		}
		yes := func(is bool) string {
			if is {
				return "yes"
			}
			return "no"
		}
		e.lock.Lock()
		page, ticket := e.fired["web page"], e.fired["web ticket"]
		e.lock.Unlock()
		// What the slow rules have summed is what was counted.
		var summed []string
		for _, column := range columns {
			value := e.number(fmt.Sprintf(`sum(last_over_time(slo:%s_events:increase30d{service="%s"}[15m]))`, column.side, column.service))
			summed = append(summed, written(value))
			expected := happened(column.service, column.side)
			if e.hides && column.service == "late" {
				continue
			}
			slack := 0.0
			if e.chooses {
				slack = expected * 0.01
			}
			right = right && math.Abs(value-expected) <= slack
		}
		var budget []string
		for _, service := range []string{"web", "slow", "pair"} {
			value := 100 * e.number(fmt.Sprintf(`last_over_time(slo:period_error_budget_remaining:ratio{service="%s"}[15m])`, service))
			budget = append(budget, percent(value))
			slack := 0.001
			if e.chooses {
				slack = math.Abs(100-left(service)) * 0.01
			}
			// What is not a number is not within it.
			right = right && math.Abs(value-left(service)) <= slack
		}
		e.lock.Lock()
		budget = append(budget, e.budgetFrom.Round(10*time.Second).String())
		e.lock.Unlock()
		row(e.name, e.version, figures, yes(page), yes(ticket), strings.Join(budget, " "))
		row("", "period", summed, "", "", "")
		short := 0
		for index := 0; index < copies; index++ {
			value := e.number(fmt.Sprintf(`sum(last_over_time(slo:total_events:increase30d{service="%s"}[15m]))`, copyOf(index)))
			slack := 0.0
			if e.chooses {
				slack = truth["pair"].total * 0.01
			}
			if !(math.Abs(value-truth["pair"].total) <= slack) {
				short++
			}
		}
		if short > 0 {
			fmt.Printf("%d of %d copies of pair have another sum\n", short, copies)
			right = false
		}
		if !right || !page || !ticket {
			wrong++
		}
	}
	return wrong
}
