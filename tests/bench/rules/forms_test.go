package main

import (
	"fmt"
	"syscall"
	"testing"
	"time"
)

func cpu() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func TestForms(t *testing.T) {
	dir := t.TempDir()
	s := newService("shop", 200)
	now := int64(1_790_000_000_000)
	history(dir, []service{s}, nil, 7*hour, now)
	server := newServer(dir, map[string]string{}, true)
	x := s.total()
	r := func(f string) string { return fmt.Sprintf(f, x) }
	forms := []string{
		"sum(%[1]s - %[1]s offset 30s >= 0)",
		"30 * sum(irate(%[1]s[1m:30s]))",
		"sum(%[1]s) - sum(%[1]s offset 30s <= %[1]s)",
		"sum(%[1]s and on (job, instance) %[1]s offset 30s) - sum(%[1]s offset 30s <= %[1]s)",
		"sum(%[1]s - last_over_time(%[1]s[15m] offset 30s) >= 0)",
		"sum(min_over_time(%[1]s[5m]) unless %[1]s offset 5m)",
		"max by (job, instance) (timestamp(%[1]s) and %[1]s offset 30s)",
		`sum(%[1]s - %[1]s offset 30s >= 0 or %[1]s and timestamp(%[1]s) <= on (job, instance) group_left () max by (job, instance) (timestamp(%[1]s) and %[1]s offset 30s))`,
	}
	for _, f := range forms {
		q := r(f)
		server.ask(q, now-minute)
		start := cpu()
		n := 0
		var samples int64
		for ; n < 200; n++ {
			_, samples = server.ask(q, now-minute-int64(n)*1000)
		}
		fmt.Printf("%8.3fms %8d  %s\n", float64((cpu()-start).Microseconds())/float64(n)/1000, samples, f)
	}
}
