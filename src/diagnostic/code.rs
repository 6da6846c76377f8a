//! The codes of problems. `slowburn explain` has a page for each.

use std::fmt;

macro_rules! codes {
    ($($variant:ident $name:literal)*) => {
        /// The code of a problem. Sorted by name.
        #[allow(missing_docs)] // Each has a page.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $($variant),* }

        impl Code {
            /// Every code, by name.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The kebab-case name. It does not change between versions.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }
        }
    };
}

codes! {
    AcceptanceUnneeded "acceptance-unneeded"
    AlertReachesNobody "alert-reaches-nobody"
    AlwaysFires "always-fires"
    BadIsTotal "bad-is-total"
    BadNotWithinTotal "bad-not-within-total"
    BudgetBelowOneEvent "budget-below-one-event"
    BudgetUnwatched "budget-unwatched"
    BurnRateBelowOne "burn-rate-below-one"
    BurnRateUnreachable "burn-rate-unreachable"
    ClustersSummed "clusters-summed"
    ConstantCondition "constant-condition"
    ContractNotFound "contract-not-found"
    ContractSyntax "contract-syntax"
    CountedApart "counted-apart"
    CountedTwice "counted-twice"
    DecisionMissing "decision-missing"
    DependencyCycle "dependency-cycle"
    DuplicateAlert "duplicate-alert"
    DuplicateKey "duplicate-key"
    DuplicateService "duplicate-service"
    DuplicateSlo "duplicate-slo"
    EmptyFile "empty-file"
    FilteredAway "filtered-away"
    FiresWhenNew "fires-when-new"
    FiresWhileWell "fires-while-well"
    GroupLimit "group-limit"
    GroupingExplodes "grouping-explodes"
    InhibitionNeverMatches "inhibition-never-matches"
    InhibitionOutrun "inhibition-outrun"
    InlineSecret "inline-secret"
    InvalidBudgetLine "invalid-budget-line"
    InvalidDuration "invalid-duration"
    InvalidHours "invalid-hours"
    InvalidJourney "invalid-journey"
    InvalidLabel "invalid-label"
    InvalidMaintenance "invalid-maintenance"
    InvalidName "invalid-name"
    InvalidObjective "invalid-objective"
    InvalidPeriod "invalid-period"
    InvalidText "invalid-text"
    InvalidUtf8 "invalid-utf-8"
    InvisibleCharacter "invisible-character"
    JourneyOverspent "journey-overspent"
    MissingBucket "missing-bucket"
    MissingKey "missing-key"
    NeedsNewerAlertmanager "needs-newer-alertmanager"
    NeedsNewerPrometheus "needs-newer-prometheus"
    NeverCounted "never-counted"
    NoContract "no-contract"
    NoTimestamp "no-timestamp"
    NotACounterSelector "not-a-counter-selector"
    NotCarried "not-carried"
    NotScraped "not-scraped"
    NotUnderstood "not-understood"
    ObjectTooLarge "object-too-large"
    ObjectiveOutOfRange "objective-out-of-range"
    OneSilencesAll "one-silences-all"
    PageAtOnce "page-at-once"
    PeriodBeyondRetention "period-beyond-retention"
    PlaceholderSecret "placeholder-secret"
    PlannedAlertFires "planned-alert-fires"
    PlannedMetricExists "planned-metric-exists"
    PromqlSyntax "promql-syntax"
    PromqlType "promql-type"
    ReceiverUndefined "receiver-undefined"
    RecordedAsCounter "recorded-as-counter"
    ReplicasCountedTwice "replicas-counted-twice"
    ReservedLabel "reserved-label"
    RouteEntangled "route-entangled"
    RouteUnreachable "route-unreachable"
    RunbookMissing "runbook-missing"
    SamplesLate "samples-late"
    SecondDocument "second-document"
    SelectorModifier "selector-modifier"
    ServiceUndefined "service-undefined"
    SilentWhenGone "silent-when-gone"
    SingleEventPages "single-event-pages"
    SliKind "sli-kind"
    StaleOutput "stale-output"
    SummaryAsHistogram "summary-as-histogram"
    SwappedEvents "swapped-events"
    ThresholdMismatch "threshold-mismatch"
    TimeUndefined "time-undefined"
    TooDeep "too-deep"
    TooLarge "too-large"
    UninitialisedSeries "uninitialised-series"
    UnitMismatch "unit-mismatch"
    UnknownDialect "unknown-dialect"
    UnknownKey "unknown-key"
    UnknownLabel "unknown-label"
    UnknownMetric "unknown-metric"
    UnknownPolicy "unknown-policy"
    UnknownTimeZone "unknown-time-zone"
    UnmatchedValue "unmatched-value"
    Unprovable "unprovable"
    UnreadSample "unread-sample"
    UnreadSetting "unread-setting"
    UnsupportedVersion "unsupported-version"
    UnweightedRatio "unweighted-ratio"
    WindowBelowScrape "window-below-scrape"
    WindowOffGrid "window-off-grid"
    WindowOrder "window-order"
    WrongMetricType "wrong-metric-type"
    WrongType "wrong-type"
    YamlSyntax "yaml-syntax"
}

impl Code {
    /// The code of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.name() == name)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.name())
    }
}
