//! What stands inside of a list or an object.

use std::borrow::Cow;

use serde::{
    Deserialize,
    de::{
        self, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, Unexpected,
        VariantAccess, Visitor, value::StrDeserializer,
    },
    forward_to_deserialize_any,
};

use super::{Error, Integer, Reader, Result, integer};

/// What stands in a list or an object, one after the other.
pub(super) struct Items<'r, 'de> {
    pub(super) reader: &'r mut Reader<'de>,
    pub(super) close: u8,
    pub(super) count: usize,
}

impl Items<'_, '_> {
    /// Moves to the next one, if there is one.
    #[inline(never)]
    fn next(&mut self) -> Result<bool> {
        if self.reader.peek() == Some(self.close) {
            return Ok(false);
        }
        if self.count > 0 {
            if !self.reader.take(b',') {
                return Err(self.reader.wanted("a comma or a closing bracket"));
            }
            if self.reader.peek() == Some(self.close) {
                return Err(self.reader.wanted("what follows the comma"));
            }
        }
        self.count += 1;
        Ok(true)
    }
}

impl<'de> SeqAccess<'de> for Items<'_, 'de> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        if !self.next()? {
            return Ok(None);
        }
        match seed.deserialize(&mut *self.reader) {
            Ok(value) => Ok(Some(value)),
            Err(error) => Err(error.under_index(self.count - 1)),
        }
    }
}

pub(super) struct Entries<'r, 'de> {
    pub(super) items: Items<'r, 'de>,
    pub(super) key: Cow<'de, str>,
}

impl<'de> Entries<'_, 'de> {
    /// Moves past the next key, if there is one.
    #[inline(never)]
    fn next(&mut self) -> Result<bool> {
        if !self.items.next()? {
            return Ok(false);
        }
        let reader = &mut *self.items.reader;
        if reader.peek() != Some(b'"') {
            return Err(reader.wanted("a key"));
        }
        self.key = reader.string()?;
        if !reader.take(b':') {
            return Err(reader.wanted("a colon"));
        }
        Ok(true)
    }
}

impl<'de> MapAccess<'de> for Entries<'_, 'de> {
    type Error = Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        if !self.next()? {
            return Ok(None);
        }
        match seed.deserialize(Key(&self.key)) {
            Ok(key) => Ok(Some(key)),
            Err(error) => Err(error.under_key(&self.key)),
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value> {
        match seed.deserialize(&mut *self.items.reader) {
            Ok(value) => Ok(value),
            Err(error) => Err(error.under_key(&self.key)),
        }
    }
}

/// A key: a text, or what the author's type takes for one.
struct Key<'k>(&'k str);

/// Returns the whole number that a key is, if it is one as JSON writes them.
fn integer_key(key: &str) -> Option<Integer> {
    let mut reader = Reader::new(key);
    let number = reader.number().ok()?;
    integer((number == key).then_some(number)?)
}

macro_rules! integer_keys {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            match integer_key(self.0) {
                Some(Integer::Unsigned(number)) => visitor.visit_u64(number),
                Some(Integer::Signed(number)) => visitor.visit_i64(number),
                None => visitor.visit_str(self.0),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Key<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_str(self.0)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        StrDeserializer::new(self.0).deserialize_enum(name, variants, visitor)
    }

    integer_keys! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
    }

    forward_to_deserialize_any! {
        bool i128 u128 f32 f64 char str string bytes byte_buf option unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

/// A variant's name, and perhaps its content after it.
pub(super) struct Variant<'r, 'de> {
    pub(super) reader: &'r mut Reader<'de>,
    pub(super) content: bool,
}

impl<'r, 'de> EnumAccess<'de> for Variant<'r, 'de> {
    type Error = Error;
    type Variant = Content<'r, 'de>;

    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Content<'r, 'de>)> {
        let Self { reader, content } = self;
        if reader.peek() != Some(b'"') {
            return Err(reader.wanted("a variant"));
        }
        let name = reader.string()?;
        let variant = seed.deserialize(Key(&name))?;
        let name = if content {
            if !reader.take(b':') {
                return Err(reader.wanted("a colon"));
            }
            Some(name)
        } else {
            None
        };
        Ok((variant, Content { reader, name }))
    }
}

/// What belongs to a variant of this name; nothing where it was the name alone.
pub(super) struct Content<'r, 'de> {
    reader: &'r mut Reader<'de>,
    name: Option<Cow<'de, str>>,
}

impl<'de> Content<'_, 'de> {
    fn read<T>(
        self,
        expected: &str,
        read: impl FnOnce(&mut Reader<'de>) -> Result<T>,
    ) -> Result<T> {
        match self.name {
            Some(name) => read(self.reader).map_err(|error| error.under_key(&name)),
            None => Err(de::Error::invalid_type(
                Unexpected::Other("a variant's name alone"),
                &expected,
            )),
        }
    }
}

impl<'de> VariantAccess<'de> for Content<'_, 'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<()> {
        match self.name {
            Some(_) => Deserialize::deserialize(self.reader),
            None => Ok(()),
        }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value> {
        self.read("a variant with a value", |reader| seed.deserialize(reader))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value> {
        self.read("a variant with a list", |reader| {
            reader.deserialize_seq(visitor)
        })
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        self.read("a variant with fields", |reader| {
            reader.deserialize_map(visitor)
        })
    }
}
