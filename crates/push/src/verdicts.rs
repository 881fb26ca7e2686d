//! What an event adds to the counts, for everybody whom it concerns.
use std::collections::BTreeMap;

use protocol::push::{Outcome, PushEvent, Recipient};
use rooms::notifications::Arrival;
use store::{AudienceNum, notifications::Added};

use crate::{
    Push,
    audiences::{Audience, Audiences},
    classify::Named,
};

/// What is to be stored of an event.
pub(crate) struct Verdicts {
    /// For those who have the server's rules and are not named.
    pub(crate) ordinary: Outcome,
    /// What must be added beside the running count.
    pub(crate) rows: BTreeMap<AudienceNum, Added>,
}

struct Evaluation<'a> {
    push: &'a Push,
    arrival: &'a Arrival<'a>,
    event: &'a PushEvent<'a>,
    audiences: &'a Audiences,
    named: &'a Named,
    ordinary: Outcome,
}

impl Verdicts {
    pub(crate) fn of<'a>(
        push: &'a Push,
        arrival: &'a Arrival<'a>,
        event: &'a PushEvent<'a>,
        audiences: &'a Audiences,
        named: &'a Named,
    ) -> Self {
        let ordinary = push.ordinary.evaluate(event, Recipient::default());
        let evaluation = Evaluation { push, arrival, event, audiences, named, ordinary };
        let mut rows = BTreeMap::new();
        evaluation.ordinary(&mut rows);
        evaluation.audiences(&mut rows);
        evaluation.named(&mut rows);
        evaluation.sender(&mut rows);
        rows.retain(|_, added| *added != Added::default());
        Self { ordinary, rows }
    }
}

impl Evaluation<'_> {
    fn ordinary(&self, rows: &mut BTreeMap<AudienceNum, Added>) {
        // In the main timeline the running count counts it.
        let running = Outcome { notifies: self.arrival.thread.is_none(), highlights: false };
        let running = Outcome { notifies: running.notifies && self.ordinary.notifies, ..running };
        rows.insert(AudienceNum::ORDINARY, difference(self.ordinary, running));
    }

    fn audiences(&self, rows: &mut BTreeMap<AudienceNum, Added>) {
        for (number, audience) in &self.audiences.all {
            let counted = if audience.is_counted { self.ordinary } else { Outcome::default() };
            rows.insert(*number, difference(self.for_audience(audience), counted));
        }
    }

    /// For the members of an audience who are not named.
    fn for_audience(&self, audience: &Audience) -> Outcome {
        if !audience.rules.ask_for_name() {
            return audience.rules.evaluate(self.event, Recipient::default());
        }
        // What its only member is called matters, so they are evaluated for themselves.
        if audience.member == self.arrival.event.sender() {
            return Outcome::default();
        }
        let named = self.named.get(&audience.member_num).copied().unwrap_or_default();
        let name = self.arrival.facts.display_name(&audience.member);
        let recipient = Recipient { display_name: name.as_deref(), ..named };
        audience.rules.evaluate(self.event, recipient)
    }

    fn audience_of(&self, user: store::UserNum) -> Option<&Audience> {
        self.audiences.all.get(self.audiences.members.get(&user)?)
    }

    fn named(&self, rows: &mut BTreeMap<AudienceNum, Added>) {
        for (user, recipient) in self.named {
            if *user == self.arrival.sender_num {
                continue;
            }
            let added = match self.audience_of(*user) {
                Some(audience) if audience.rules.ask_for_name() => continue,
                Some(audience) => {
                    let outcome = audience.rules.evaluate(self.event, *recipient);
                    difference(outcome, self.for_audience(audience))
                }
                None => {
                    let outcome = self.push.ordinary.evaluate(self.event, *recipient);
                    difference(outcome, self.ordinary)
                }
            };
            rows.insert((*user).into(), added);
        }
    }

    /// Nobody is notified of their own events. What they send is read, but for member events.
    fn sender(&self, rows: &mut BTreeMap<AudienceNum, Added>) {
        let sender = self.arrival.sender_num;
        let by_member_event = self.arrival.event.kind() == "m.room.member";
        if !by_member_event || !self.push.is_local(self.arrival.event.sender()) {
            return;
        }
        let counted = self.audience_of(sender).map_or(self.ordinary, |it| self.for_audience(it));
        rows.insert(sender.into(), difference(Outcome::default(), counted));
    }
}

/// What must be added where `counted` is counted already.
fn difference(outcome: Outcome, counted: Outcome) -> Added {
    Added {
        notify: i64::from(outcome.notifies) - i64::from(counted.notifies),
        highlight: i64::from(outcome.highlights) - i64::from(counted.highlights),
    }
}
