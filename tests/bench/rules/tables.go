package main

import (
	"fmt"
	"os"
	"text/tabwriter"
)

func report(outcomes []*outcome) []string {
	var broken []string
	breaks := func(o *outcome, format string, args ...any) {
		broken = append(broken, o.name+": "+fmt.Sprintf(format, args...))
	}
	fmt.Println("TRUTH")
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "scenario\tcounted\tperiod\tpage windows\tticket windows\talerts unjust\tNaN, failed\taverage of 5m\traw period\traw windows")
	for _, o := range outcomes {
		fmt.Fprintf(table, "%s\t%.4f%%\t%s\t%s\t%s\t%d\t%d, %v\t%s\t%s\t%s\n", o.name, o.counted*100, o.period, o.pages, o.tickets, len(o.unjust), o.invalid, o.failed, o.averaged, o.raw, o.rawWindows)
		if o.period.error > 0.01 {
			breaks(o, "period %g is %g at %s", o.period.be, o.period.is, clock(o.period.at))
		}
		if o.pages.error > 0.01 {
			breaks(o, "page window %g is %g at %s", o.pages.be, o.pages.is, clock(o.pages.at))
		}
		if o.tickets.error > 0.01 {
			breaks(o, "ticket window %g is %g at %s", o.tickets.be, o.tickets.is, clock(o.tickets.at))
		}
		if len(o.unjust) > 0 {
			breaks(o, "%d evaluations unjust, first %s", len(o.unjust), o.unjust[0])
		}
		for _, d := range o.delays {
			if d.late > 0 {
				breaks(o, "%+v", d)
			}
		}
	}
	table.Flush()
	table = tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\noutage\talert\tfires after\tformula\tstops after\tformula")
	for _, o := range outcomes {
		for _, d := range o.delays {
			fmt.Fprintf(table, "%s\t%s\t%.0fs\t%.0fs\t%.0fs\t%.0fs\n", o.name, d.severity, d.fired, d.firesAt, d.stop, d.stopAt)
		}
	}
	table.Flush()
	return broken
}
