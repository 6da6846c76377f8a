// bench-rules holds compiled rules against what really happened, and against what they cost, on a real Prometheus.
//
// It is started by tests/bench-rules, which finds or builds what it needs.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

var (
	short    = flag.Bool("short", false, "a few scenarios, and the cost at 200 series only")
	only     = flag.String("only", "", "only scenarios whose name contains this")
	compiler = flag.String("slowburn", "", "the compiler")
	binary   = flag.String("prometheus", "", "the Prometheus whose query statistics are asked")
	promtool = flag.String("promtool", "", "the promtool that backfills")
	parts    = flag.String("parts", "truth,forms,backfill,cost,load", "which parts to run")
	around   = flag.String("around", "", "print what was recorded around this moment of a scenario, as 12h2m")
	dump     = flag.String("series", "slo:(bad|total)_events:increase30s", "which series")
	verbose  = flag.Bool("verbose", false, "print the cost of every rule")
	keep     = flag.Bool("keep", false, "keep the folder of the run")
)

func main() {
	flag.Parse()
	dir, err := os.MkdirTemp("", "bench-rules")
	check(err)
	if *keep {
		fmt.Fprintln(os.Stderr, dir)
	} else {
		defer os.RemoveAll(dir)
	}
	var broken []string
	if strings.Contains(*parts, "truth") {
		broken = append(broken, truth(dir)...)
	}
	if strings.Contains(*parts, "forms") && !*short {
		forms(dir)
	}
	if strings.Contains(*parts, "backfill") && !*short {
		broken = append(broken, backfill(filepath.Join(dir, "backfill"))...)
	}
	if strings.Contains(*parts, "cost") {
		broken = append(broken, cost(dir)...)
	}
	if strings.Contains(*parts, "load") && !*short {
		broken = append(broken, loads(dir)...)
	}
	if len(broken) == 0 {
		fmt.Println("\nNo bound is broken but those said to be.")
		return
	}
	fmt.Println("\nBroken bounds:")
	for _, line := range broken {
		fmt.Println("  " + line)
	}
	if !*keep {
		os.RemoveAll(dir)
	}
	os.Exit(1)
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func fail(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

func sorted[V any](m map[string]V) []string {
	var keys []string
	for key := range m {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}
