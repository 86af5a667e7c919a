//! Values that hold patient data print their name and nothing else.

/// Writes `Debug` as `Type(****)` for every named type.
macro_rules! hidden_debug {
    ($($name:ident $(<$life:lifetime>)?),+ $(,)?) => {$(
        impl $(<$life>)? std::fmt::Debug for $name $(<$life>)? {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(concat!(stringify!($name), "(****)"))
            }
        }
    )+};
}

pub(crate) use hidden_debug;
