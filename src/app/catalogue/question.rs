//! Answers to questions that wait.

use super::Context::Question;
use super::{ActionSpec, key};
use crate::app::{Action, Answer, Step};

/// The rows.
pub(super) const ROWS: &[ActionSpec] = &[
    key(Question, "request.left", &["left", "shift-tab"], Action::Move(Step::Up), "To the answer before"),
    key(Question, "request.right", &["right", "tab"], Action::Move(Step::Down), "To the next answer"),
    key(Question, "request.accept", &["enter"], Action::Open, "Give the answer that is marked"),
    key(Question, "request.allow", &["a", "y"], Action::AnswerWith(Answer::Allow), "Allow"),
    key(Question, "request.add", &["c", "+"], Action::AnswerWith(Answer::AllowAndAdd), "Allow, and add to your contacts"),
    key(Question, "request.block", &["b", "n"], Action::AnswerWith(Answer::Block), "Block"),
    key(Question, "request.later", &["l"], Action::AnswerWith(Answer::Later), "Later"),
];
