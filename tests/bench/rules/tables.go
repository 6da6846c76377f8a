package main

import (
	"fmt"
	"math"
	"os"
	"strings"
	"text/tabwriter"
)

const truthHead = `TRUTH: compiled rules beside events that were counted one by one

Errors are the worst of a run, relative to what scrapes had shown when the last evaluation looked: of a period to its ratio, of a window to its ratio or, where
that is more, to the lowest threshold it is compared with. "shown" is the share of all events that scrapes had shown in the end, "counted" the share of those that
the rules had counted.
"unjust" are evaluations at which an alert fires or is silent though neither the events seen nor those that happened ask for it, for longer than
one evaluation and two scrapes (pages) or 1 % of the long window (tickets). What happened while no rule was evaluated is counted by the next evaluation, and leaves every
window at one moment, too: for that long its ratio is off. Windows of tickets and the period end 30 seconds before they are recorded, and are held against that moment. The last three columns are the forms that others use, asked every two hours.
`

// report prints the first table, and returns the bounds that broke.
func report(outcomes []*outcome) []string {
	var broken []string
	fmt.Print(truthHead, "\n")
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "scenario\tshown\tcounted\tperiod\tpage windows\tticket windows\tunjust\tNaN\tfailed\taveraged 5m\traw period\traw windows")
	for _, o := range outcomes {
		breaks := func(format string, args ...any) {
			text := o.name + ": " + fmt.Sprintf(format, args...)
			if o.loses == "" {
				broken = append(broken, text)
			}
		}
		fmt.Fprintln(table, strings.Join(o.columns(), "\t"))
		if o.period.error > 0.01 {
			breaks("the period's ratio is %.6g and was %.6g, at %s", o.period.is, o.period.be, clock(o.period.at))
		}
		if len(o.unjust) > 0 {
			breaks("%d evaluations without justification, first: %s", len(o.unjust), o.unjust[0])
		}
		if o.invalid > 0 || o.failed > 0 {
			breaks("%d NaN or Inf, %v failed evaluations: %s", o.invalid, o.failed, o.complaint)
		}
		for _, d := range o.delays {
			if d.late > 0 {
				breaks("the %s is %.0fs later than it may be", d.severity, d.late)
			}
		}
	}
	check(table.Flush())
	for _, o := range outcomes {
		if o.loses != "" {
			fmt.Printf("\n%s: held to nothing, since %s.\n", o.name, o.loses)
		}
	}
	fmt.Println("\nDELAYS: an outage after health, beside W·T/e and w·(1 − T/e)")
	fmt.Println()
	table = tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "outage\talert\tfires after\tformula\tstops after\tformula")
	for _, o := range outcomes {
		for _, d := range o.delays {
			fmt.Fprintf(table, "%s\t%s\t%.0f s\t%.0f s\t%.0f s\t%.0f s\n", o.name, d.severity, d.fired, d.firesAt, d.stop, d.stopAt)
		}
	}
	check(table.Flush())
	return broken
}

// columns are what the first table says of a scenario.
func (o *outcome) columns() []string {
	share := func(v float64) string {
		if math.IsNaN(v) {
			return "-"
		}
		return fmt.Sprintf("%.3f%%", math.Floor(v*100000)/1000)
	}
	return []string{
		o.name, share(o.shown), share(o.counted), o.period.String(), o.pages.String(), o.tickets.String(), fmt.Sprint(len(o.unjust)), fmt.Sprint(o.invalid), fmt.Sprint(o.failed),
		o.averaged.String(), o.raw.String(), o.rawWindows.String(),
	}
}
